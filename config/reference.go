package config

import (
	"fmt"
	"io"
	"strings"
)

// WriteReference writes docs/configuration.md: every key with what its row says, in Markdown.
func WriteReference(w io.Writer) error {
	b := &strings.Builder{}
	b.WriteString(referenceHead)
	for _, g := range std().groups {
		fmt.Fprintf(b, "- [%s](#%s)\n", g.Title, anchor(g.Title))
	}
	for _, g := range std().groups {
		fmt.Fprintf(b, "\n## %s\n", g.Title)
		if g.Intro != "" {
			fmt.Fprintf(b, "\n%s\n", g.Intro)
		}
		if g.Title == legacyRows.Title {
			writeLegacy(b, g)
			continue
		}
		for i := range g.Rows {
			writeRow(b, &g.Rows[i])
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const referenceHead = `<!-- Generated from the rows of package config; change those and run go generate ./config. -->

# Configuration

The broker reads ` + "`etc/vernemq.conf`" + ` below its home directory (` + "`--home`, `--config FILE`" + `) when it starts. One setting a line:

    key = value        # a comment

- Keys are segments of letters, digits, ` + "`-` and `_`" + ` with dots between them; a dot inside a segment is written ` + "`\\.`" + `.
  ` + "`NAME`, `MODULE` and `N`" + ` below stand for a segment that you choose.
- A value goes to the end of the line or to a ` + "`#`" + `. Between single quotes, or between ` + "`'''`" + `, it may hold ` + "`#`" + `, blanks at its
  ends and line breaks; ` + "`key = ''`" + ` is the empty value. Double quotes mean nothing.
- Of a key that is written twice the last one counts. ` + "`-o key=value`" + ` on the command line counts after all files.
- ` + "`include conf.d/*.conf`" + ` reads other files at this place, in alphabetical order; ` + "`*`" + ` may stand in the last part of the path only.
- ` + "`$(other.key)`" + ` is replaced by that key's value, or by the environment variable of that name; ` + "`$(<file)`" + ` as the whole value by
  the content of a file.
- All mistakes are reported at once, each with file and line; the broker does not start with any. ` + "`vernemq chkconfig`" + ` checks
  without starting, ` + "`vernemq config`" + ` prints what is in force and where it comes from.

| kind | accepted |
|---|---|
| flag | ` + "`on` or `off`" + `, in lower case |
| int | a decimal integer, without unit |
| string | any text |
| enum | one of the words listed |
| file, dir | a path; a relative one starts at the home directory |
| ip:port | a literal address and a port: ` + "`127.0.0.1:1883`, `[::1]:1883`, `::1:1883`" + ` |
| bytesize | bytes, or a number with ` + "`KB`, `MB` or `GB`" + `, powers of 1024 |
| percent | ` + "`0%` to `100%`" + ` |
| duration | numbers with ` + "`f w d h m s ms`, such as `1d12h`; `f` is 14 days, `m` is a minute" + ` |
| period | one integer with one of ` + "`s h d w m y`; here `m` is 28 days and `y` is 336 days" + ` |
| list | words separated by commas; square brackets around them are optional |
| Erlang term | text in the syntax of Erlang |

"Settable" tells whether ` + "`vmq-admin set`" + ` can change the key while the broker runs.

`

func writeRow(b *strings.Builder, r *Row) {
	fmt.Fprintf(b, "\n### `%s`\n\n%s\n\n", r.Key, r.Doc)
	value := "`" + r.Default + "`"
	switch {
	case r.NoDefault:
		value = "none"
	case r.Default == "":
		value = "empty"
	}
	facts := []string{r.Kind.String(), "default " + value}
	if r.Kind != Flag {
		facts[0] += ": " + r.Accepted()
	}
	if r.Unit != "" {
		facts = append(facts, "unit "+r.Unit)
	}
	if r.Settable != Fixed {
		facts = append(facts, "settable "+strings.TrimPrefix(r.Settable.String(), "yes, "))
	}
	if r.Scope != PerNode {
		facts = append(facts, r.Scope.String())
	}
	if r.Status != Served {
		facts = append(facts, "**"+r.Status.String()+"**")
	}
	fmt.Fprintf(b, "%s\n", strings.Join(facts, " · "))
}

func writeLegacy(b *strings.Builder, g *Group) {
	b.WriteString("\n| key | today |\n|---|---|\n")
	for _, p := range legacyPrefixes {
		fmt.Fprintf(b, "| `%s…` | `%s…` |\n", p.from, p.to)
	}
	for _, r := range g.Rows {
		today := r.Doc
		if r.Alias != "" {
			today = "`" + r.Alias + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", r.Key, today)
	}
}

// anchor is the fragment that Markdown renderers make of a heading.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == ',' || r == '.':
			return -1
		}
		return r
	}, strings.ToLower(title))
}
