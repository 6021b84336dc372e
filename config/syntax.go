package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// item is one line of a file that says something: a setting, or an include.
type item struct {
	pos     Pos // of the key, or of the word include
	key     string
	value   string
	include string // the path of an include; key and value are empty then
}

// parsed is what parse makes of one file.
type parsed struct {
	items    []item
	problems []Problem
	// broken are the keys of lines that have a key but are wrong behind it: a later step must not call them missing.
	broken []string
}

// parse splits the text of one file into its items. After a mistake it goes on with the next line, so that it finds all of
// them. name is used for positions only.
func parse(name string, text []byte) parsed {
	p := &parser{name: name, line: 1, text: string(bytes.TrimPrefix(text, []byte("\uFEFF")))}
	if !utf8.ValidString(p.text) {
		p.text = strings.ToValidUTF8(p.text, string(utf8.RuneError))
		p.notUTF8()
	}
	for p.text != "" {
		p.text = p.text[p.parseLine():]
	}
	return p.parsed
}

type parser struct {
	parsed
	name string
	text string // from the start of the current line on
	line int    // its number
}

// parseLine handles the current line, or several where a quoted value spans them, and returns their length in bytes.
func (p *parser) parseLine() int {
	line, size := cutLine(p.text)
	start := len(line) - len(strings.TrimLeft(line, blanks))
	switch trimmed := line[start:]; {
	case trimmed == "" || trimmed[0] == '#':
	case isInclude(trimmed):
		p.parseInclude(line, start)
	default:
		size = p.parseSetting(line, start, size)
	}
	p.line += strings.Count(p.text[:size], "\n")
	return size
}

const blanks = " \t"

// cutLine returns the first line of s without its end, and its size with it. LF and CRLF end a line.
func cutLine(s string) (line string, size int) {
	line, _, found := strings.Cut(s, "\n")
	size = len(line)
	if found {
		size++
	}
	return strings.TrimSuffix(line, "\r"), size
}

// parseSetting handles key = value, which starts at line[start], and returns the size of the lines it takes.
func (p *parser) parseSetting(line string, start, size int) int {
	end := start + keyLength(line[start:])
	key := line[start:end]
	after := end + len(line[end:]) - len(strings.TrimLeft(line[end:], blanks))
	switch {
	case key == "":
		p.fail(line, start, fmt.Sprintf("a line cannot start with %q", firstRune(line[start:])),
			"expected key = value, include PATH or a comment after #")
		return size
	case after == len(line) || line[after] == '#':
		p.broken = append(p.broken, key)
		p.fail(line, after, fmt.Sprintf("%q stands alone", key), "expected = and a value after it")
		return size
	case line[after] != '=':
		what := fmt.Sprintf("%q cannot stand in or after the key %q", firstRune(line[after:]), key)
		right := "keys are letters, digits, - and _ between dots; expected = after the key"
		if line[after] == '.' {
			what = fmt.Sprintf("the key %q goes on with an empty segment", key)
		}
		p.broken = append(p.broken, key)
		p.fail(line, after, what, right)
		return size
	}
	from := after + 1
	from += len(line[from:]) - len(strings.TrimLeft(line[from:], blanks))
	if from == len(line) || line[from] == '#' {
		p.broken = append(p.broken, key)
		p.fail(line, from, fmt.Sprintf("%q has no value", key), fmt.Sprintf("write %s = '' for an empty value", key))
		return size
	}
	pos := p.at(line, start)
	if line[from] == '\'' {
		value, length, ok := quoted(p.text[from:])
		if ok {
			tail, tailSize := cutLine(p.text[from+length:])
			tail = strings.Trim(tail, blanks)
			if tail == "" || tail[0] == '#' {
				p.items = append(p.items, item{pos: pos, key: key, value: value})
				return from + length + tailSize
			}
			closing := p.line + strings.Count(p.text[from:from+length], "\n")
			what := fmt.Sprintf("text stands behind the closing quote of %q", key)
			if closing != p.line {
				what = fmt.Sprintf("the quote that opens here closes on line %d with text behind it", closing)
			}
			p.broken = append(p.broken, key)
			p.fail(line, from, what, "only a comment may follow a closing quote; a value with quotes in it goes between '''")
			return size
		}
	}
	value, _, _ := strings.Cut(line[from:], "#")
	p.items = append(p.items, item{pos: pos, key: key, value: strings.TrimRight(value, blanks)})
	return size
}

// quoted returns the text between the quotes that s starts with, and the length of both with it. The text may span lines. It
// is not ok if the quote is never closed; the value is an ordinary one then.
func quoted(s string) (value string, length int, ok bool) {
	const long = "'''"
	if strings.HasPrefix(s, long) {
		if end := strings.Index(s[len(long):], long); end >= 0 {
			return s[len(long) : len(long)+end], len(long) + end + len(long), true
		}
	}
	end := strings.IndexByte(s[1:], '\'')
	if end < 0 {
		return "", 0, false
	}
	return s[1 : 1+end], end + 2, true
}

// isInclude tells an include line from a setting whose key is called include.
func isInclude(s string) bool {
	rest, found := strings.CutPrefix(s, "include")
	if !found || rest == "" || !strings.Contains(blanks, rest[:1]) {
		return false
	}
	rest = strings.TrimLeft(rest, blanks)
	return rest == "" || rest[0] != '='
}

func (p *parser) parseInclude(line string, start int) {
	from := start + len("include")
	from += len(line[from:]) - len(strings.TrimLeft(line[from:], blanks))
	path, _, _ := strings.Cut(line[from:], "#")
	path = strings.TrimRight(path, blanks)
	bad := strings.IndexFunc(path, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.*/", r)
	})
	star := strings.IndexByte(path, '*')
	switch {
	case path == "":
		p.fail(line, from, "include has no path", "write include PATH, such as include conf.d/*.conf")
	case bad >= 0:
		p.fail(line, from+bad, fmt.Sprintf("%q cannot stand in the path of an include", firstRune(path[bad:])),
			"letters, digits and -_.*/ can; quotes cannot")
	case star >= 0 && strings.Contains(path[star:], "/"):
		p.fail(line, from+star, "* stands before the last / of an include", "only the last part of the path may contain *")
	default:
		p.items = append(p.items, item{pos: p.at(line, start), include: path})
	}
}

func (p *parser) at(line string, offset int) Pos {
	return Pos{File: p.name, Line: p.line, Column: 1 + utf8.RuneCountInString(line[:offset])}
}

func (p *parser) fail(line string, offset int, what, right string) {
	p.problems = append(p.problems, Problem{Pos: p.at(line, offset), What: what, Right: right})
}

// notUTF8 reports the first character that is none; there is one U+FFFD for each run of bytes that were wrong, but also for
// each that was written in the file, which is as good a place to look at.
func (p *parser) notUTF8() {
	offset := strings.IndexRune(p.text, utf8.RuneError)
	lineStart := strings.LastIndexByte(p.text[:offset], '\n') + 1
	pos := Pos{File: p.name, Line: 1 + strings.Count(p.text[:offset], "\n"),
		Column: 1 + utf8.RuneCountInString(p.text[lineStart:offset])}
	p.problems = append(p.problems, Problem{Pos: pos, What: "text is not UTF-8", Right: "save the file as UTF-8"})
}

func firstRune(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}
