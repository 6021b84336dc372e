package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const (
	program     = "vmq-admin"
	usagePrefix = "Usage: "
)

// usage is the help, without the word Usage, of the longest beginning of words that means something.
func (t *Commands) usage(words []string) string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for n := len(words); n > 0; n-- {
		path := strings.Join(words[:n], " ")
		for _, c := range t.mu.list {
			if c.Path == path && (c.Help != "" || !t.prefixLocked(path)) {
				return c.usage(t.belowLocked(path))
			}
		}
		if t.prefixLocked(path) {
			summary := "Commands of " + path
			if g := t.groupLocked(path); g != nil {
				summary = g.Summary
			}
			return groupUsage(path, summary, t.belowLocked(path))
		}
	}
	return groupUsage("", "Look at the broker of this machine, and change what it does", t.topLocked())
}

// prefixLocked says whether commands begin with path and go on behind it. t.mu is held.
func (t *Commands) prefixLocked(path string) bool {
	return slices.ContainsFunc(t.mu.list, func(c *Command) bool { return strings.HasPrefix(c.Path, path+" ") })
}

// entry is one line of a list of sub-commands.
type entry struct{ name, summary string }

// belowLocked lists what follows path: words of commands, and of groups of them one word for all. t.mu is held.
func (t *Commands) belowLocked(path string) (list []entry) {
	for _, c := range t.mu.list {
		rest, below := strings.CutPrefix(c.Path, path+" ")
		if !below || c.Hidden {
			continue
		}
		e := entry{rest, c.Summary}
		if word, _, deeper := strings.Cut(rest, " "); deeper {
			if g := t.groupLocked(path + " " + word); g != nil {
				e = entry{word, g.Summary}
			}
		}
		if !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list
}

// topLocked lists what the help of vmq-admin itself shows. t.mu is held.
func (t *Commands) topLocked() (list []entry) {
	for _, g := range t.mu.groups {
		if !g.Hidden && !strings.Contains(g.Path, " ") && t.prefixLocked(g.Path) {
			list = append(list, entry{g.Path, g.Summary})
		}
	}
	return list
}

// groupUsage is the help of words that commands begin with.
func groupUsage(path, summary string, below []entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s <sub-command>\n\n", strings.TrimSpace(program+" "+path))
	fmt.Fprintf(&b, "  %s.\n\n", summary)
	writeEntries(&b, below)
	b.WriteString("\n  Use --help after a sub-command for more details.\n")
	return b.String()
}

// usage is the help of the command.
func (c *Command) usage(below []entry) string {
	var b strings.Builder
	b.WriteString(program + " " + c.Path)
	if c.Synopsis != "" {
		b.WriteString(" " + c.Synopsis)
	}
	b.WriteString("\n\n")
	help := c.Help
	if help == "" {
		help = c.Summary + "."
	}
	fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(help, "\n", "\n  "))
	if len(below) > 0 {
		b.WriteString("\n")
		writeEntries(&b, below)
	}
	if slices.ContainsFunc(c.Args, func(a Arg) bool { return a.Help != "" }) {
		b.WriteString("\nArguments\n\n")
		for _, a := range c.Args {
			writeOption(&b, a.Key+"="+a.Value, a.Help)
		}
	}
	heading := ""
	for i := range c.Flags {
		f := &c.Flags[i]
		if h := cmp.Or(f.Heading, "Options"); h != heading {
			heading = h
			fmt.Fprintf(&b, "\n%s\n\n", heading)
		}
		writeOption(&b, f.form(), f.Help)
	}
	return b.String()
}

// form is how a flag is written.
func (f *Flag) form() string {
	s := "--" + f.Name
	if f.Value != "" {
		s += "=" + f.Value
	}
	if f.Short != 0 {
		s += ", -" + string(f.Short)
	}
	return s
}

func writeEntries(b *strings.Builder, list []entry) {
	width := 0
	for _, e := range list {
		width = max(width, len(e.name))
	}
	b.WriteString("  Sub-commands:\n")
	for _, e := range list {
		fmt.Fprintf(b, "    %-*s  %s\n", width, e.name, e.summary)
	}
}

func writeOption(b *strings.Builder, form, help string) {
	fmt.Fprintf(b, "  %s\n", form)
	if help != "" {
		fmt.Fprintf(b, "      %s\n", strings.ReplaceAll(help, "\n", "\n      "))
	}
}
