package admin

import "strings"

// Words that need no entry in the table of commands to be followed by keys of the configuration.
const (
	wordSet      = "set"
	wordShow     = "show"
	wordDescribe = "describe"
)

// call is a command line, split but not looked up.
type call struct {
	words []string
	args  []pair
	flags []rawFlag
}

// rawFlag is a flag as it was written.
type rawFlag struct {
	text  string // with its dashes, without its value
	name  string // of a long one
	short byte   // of a short one
	value string
	given bool
}

// parse splits a command line: words, then key=value arguments, then flags. After the first flag everything is a flag or the value of
// one. Where no flag has come yet, everything behind the first key=value must be one too.
func parse(line []string) (*call, error) {
	c := &call{}
	i := 0
	for ; i < len(line) && !strings.HasPrefix(line[i], "-") && !strings.Contains(line[i], "="); i++ {
		c.words = append(c.words, line[i])
	}
	for ; i < len(line) && !strings.HasPrefix(line[i], "-"); i++ {
		key, value, _ := strings.Cut(line[i], "=")
		if key == "" || value == "" {
			return nil, invalid("Empty value: %s needs the form key=value", line[i])
		}
		c.args = append(c.args, pair{key, value})
	}
	for ; i < len(line); i++ {
		if !strings.HasPrefix(line[i], "-") {
			if n := len(c.flags); n > 0 && !c.flags[n-1].given {
				c.flags[n-1].value, c.flags[n-1].given = line[i], true
				continue
			}
			return nil, invalid("Invalid flag: %s", line[i])
		}
		f, err := parseFlag(line[i])
		if err != nil {
			return nil, err
		}
		c.flags = append(c.flags, f)
	}
	return c, nil
}

// parseFlag splits --name, --name=value, -x and -xvalue. --name= is --name. What --name takes from the next argument is up to parse.
func parseFlag(s string) (rawFlag, error) {
	if long, is := strings.CutPrefix(s, "--"); is {
		name, value, _ := strings.Cut(long, "=")
		if name == "" {
			return rawFlag{}, invalid("Invalid flag: %s", s)
		}
		return rawFlag{text: "--" + name, name: name, value: value, given: value != ""}, nil
	}
	if s == "-" {
		return rawFlag{}, invalid("Invalid flag: %s", s)
	}
	return rawFlag{text: s[:2], short: s[1], value: s[2:], given: len(s) > 2}, nil
}

// takeFlag removes a flag that every command has, and returns the last one of it.
func (c *call) takeFlag(name string, short byte) (f rawFlag, found bool) {
	kept := c.flags[:0]
	for _, x := range c.flags {
		if x.name == name || short != 0 && x.short == short {
			f, found = x, true
			continue
		}
		kept = append(kept, x)
	}
	c.flags = kept
	return f, found
}

// keywords splits off the keys that follow set, show and describe as words.
func (c *call) keywords() (keys []string) {
	if len(c.words) == 0 {
		return nil
	}
	switch c.words[0] {
	case wordSet, wordShow, wordDescribe:
		keys, c.words = c.words[1:], c.words[:1]
	}
	return keys
}
