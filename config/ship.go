package config

import (
	"fmt"
	"io"
	"strings"
)

// WriteShipped writes the vernemq.conf that ships: every key that its row shows, as a line or behind ##, below its
// documentation.
func WriteShipped(w io.Writer) error {
	b := &strings.Builder{}
	b.WriteString(shippedHead)
	for _, g := range std().groups {
		title := false
		for i := range g.Rows {
			r := &g.Rows[i]
			if r.Shown == Hidden {
				continue
			}
			if !title {
				fmt.Fprintf(b, "\n# --- %s\n", g.Title)
				title = true
			}
			fmt.Fprintf(b, "\n%s%s\n", wrap(r.Doc), r.shipped())
		}
	}
	b.WriteString("\n# Files here come last, so they win over everything above.\ninclude conf.d/*.conf\n")
	_, err := io.WriteString(w, b.String())
	return err
}

const shippedHead = `# Configuration of the broker. docs/configuration.md explains the syntax and every key, also those that are not listed here.
#
# Lines behind ## show keys that are not set; most of them show the default, some an example.
`

// shipped is the line, or lines, of the shipped file for the row.
func (r *Row) shipped() string {
	switch {
	case r.Ship != "":
		return r.Ship
	case r.Shown == ShownCommented:
		return "## " + r.Key + " = " + quoteEmpty(r.Default)
	}
	return r.Key + " = " + quoteEmpty(r.Default)
}

func quoteEmpty(s string) string {
	if s == "" {
		return "''"
	}
	return s
}

// shippedWidth is the length of comment lines in the shipped file, in characters.
const shippedWidth = 100

// wrap makes comment lines of text.
func wrap(text string) string {
	var b strings.Builder
	line := "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > shippedWidth {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
	return b.String()
}
