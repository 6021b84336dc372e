package conformance

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// WritePage writes docs/conformance.md: each statement with the code that enforces it and the tests that prove it. Code is named
// by file and function and not by line, so that the page changes when a citation moves and not with every edit above it.
func WritePage(w io.Writer, table []Covered) error {
	b := &strings.Builder{}
	b.WriteString(pageHead)
	writeSummary(b, table)
	for _, s := range []Standard{MQTT5, MQTT311} {
		fmt.Fprintf(b, "\n## %s\n", s)
		chapter := ""
		for i := range table {
			c := &table[i]
			if c.Standard != s {
				continue
			}
			if now := section(c.Number); now != chapter {
				chapter = now
				fmt.Fprintf(b, "\n### %s, section %s\n\n| statement | binds | what it says | code | tests |\n|---|---|---|---|---|\n", s, chapter)
			}
			writeRow(b, c)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const pageHead = `<!-- Generated from the tables of internal/conformance and the citations in the source files; change those and run go generate ./internal/conformance. -->

# Conformance

Every numbered statement of MQTT 5.0 and MQTT 3.1.1, whom it binds, what it says in short, the code that enforces it and the tests that
prove it. A test of ` + "`internal/conformance`" + ` fails when a statement that binds a server lacks one of them.

- Number and meaning are those of the OASIS standards of 7 March 2019 and 29 October 2014; a statement's own words stand there. In the
  text of MQTT 5.0, 4.2.0-1 is printed as 4.2-1; 3-8.3-4 of MQTT 3.1.1 is spelled so there.
- Statements that bind only clients are listed; where the broker refuses a client that breaks one, code and tests are given too.
- "as 5.0" means that the statement says what these of MQTT 5.0 say: their code serves both versions, and their tests run on both.
`

// writeSummary writes how many there are of each kind, the pending ones and the deviations.
func writeSummary(b *strings.Builder, table []Covered) {
	b.WriteString("\n| | statements | bind a server | cited and tested | as 5.0 | cannot arise | pending |\n|---|---|---|---|---|---|---|\n")
	for _, s := range []Standard{MQTT5, MQTT311} {
		var all, server, shown, same, moot, pending int
		for i := range table {
			c := &table[i]
			if c.Standard != s {
				continue
			}
			all++
			if c.Binds == Client {
				continue
			}
			server++
			switch {
			case len(c.SameAs) > 0:
				same++
			case c.Moot != "":
				moot++
			case c.Pending != "":
				pending++
			default:
				shown++
			}
		}
		fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %d |\n", s, all, server, shown, same, moot, pending)
	}
	b.WriteString("\nWhere the broker does otherwise:\n\n")
	for i := range table {
		if c := &table[i]; c.Deviation != "" {
			fmt.Fprintf(b, "- %s %s: %s\n", c.Standard, c.Number, c.Deviation)
		}
	}
}

// section is the number up to its last dot: the section of a standard without the subsection.
func section(number string) string {
	parts := strings.Split(strings.Replace(number, "3-8.3", "3.8.3", 1), ".")
	return parts[0] + "." + parts[1]
}

func writeRow(b *strings.Builder, c *Covered) {
	says := c.Says
	if c.Deviation != "" {
		says += " **The broker does otherwise:** " + c.Deviation
	}
	code := places(c.Code)
	switch {
	case len(c.SameAs) > 0:
		code = append([]string{"as 5.0 " + strings.Join(c.SameAs, ", ")}, code...)
	case c.Moot != "":
		code = append([]string{"cannot arise: " + c.Moot}, code...)
	case c.Pending != "":
		code = append([]string{"pending: " + c.Pending}, code...)
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", c.Number, c.Binds, escape(says), strings.Join(code, "<br>"), strings.Join(places(c.Tests), "<br>"))
}

// places links the files of citations, each with the names in it.
func places(all []Citation) (lines []string) {
	names := map[string][]string{}
	var files []string
	for _, c := range all {
		if names[c.File] == nil {
			files = append(files, c.File)
		}
		if !slices.Contains(names[c.File], c.Name) {
			names[c.File] = append(names[c.File], c.Name)
		}
	}
	for _, f := range files {
		slices.Sort(names[f])
		lines = append(lines, fmt.Sprintf("[%s](../%s) %s", path.Base(path.Dir(f))+"/"+path.Base(f), f, strings.Join(names[f], ", ")))
	}
	return lines
}

// escape keeps a text within its cell.
func escape(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
