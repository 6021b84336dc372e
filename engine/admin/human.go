package admin

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape sequences of a terminal around the names of columns.
const (
	boldOn  = "\x1b[1m"
	boldOff = "\x1b[0m"
)

// AppendHuman appends the answer as people read it. bold sets the names of columns in bold; it is for terminals.
func (r Result) AppendHuman(dst []byte, bold bool) []byte {
	for _, p := range r {
		switch p := p.(type) {
		case Text:
			dst = append(append(dst, p...), '\n')
		case Alert:
			dst = append(append(dst, p...), '\n')
		case *Table:
			dst = p.appendHuman(dst, bold)
		}
	}
	return dst
}

// appendHuman draws the table: a border above, below the header and after each row. One without rows is nothing at all.
func (t *Table) appendHuman(dst []byte, bold bool) []byte {
	if len(t.Rows) == 0 {
		return dst
	}
	rows := make([][][]string, len(t.Rows)) // the lines of each cell
	widths := make([]int, len(t.Columns))
	for i, name := range t.Columns {
		widths[i] = utf8.RuneCountInString(name)
	}
	for i, row := range t.Rows {
		rows[i] = make([][]string, len(t.Columns))
		for j := range t.Columns {
			lines := strings.Split(cellText(row[j]), "\n")
			for k, line := range lines {
				lines[k] = harmless(line)
				widths[j] = max(widths[j], utf8.RuneCountInString(lines[k]))
			}
			rows[i][j] = lines
		}
	}
	border := appendBorder(nil, widths)
	dst = append(dst, border...)
	dst = append(dst, '|')
	for i, name := range t.Columns {
		dst = append(dst, ' ')
		if bold {
			dst = append(dst, boldOn...)
		}
		dst = append(dst, name...)
		if bold {
			dst = append(dst, boldOff...)
		}
		dst = pad(dst, widths[i]-utf8.RuneCountInString(name))
		dst = append(dst, " |"...)
	}
	dst = append(append(dst, '\n'), border...)
	for _, row := range rows {
		height := 1
		for _, lines := range row {
			height = max(height, len(lines))
		}
		for line := range height {
			dst = append(dst, '|')
			for j, lines := range row {
				s := ""
				if line < len(lines) {
					s = lines[line]
				}
				dst = append(append(dst, ' '), s...)
				dst = pad(dst, widths[j]-utf8.RuneCountInString(s))
				dst = append(dst, " |"...)
			}
			dst = append(dst, '\n')
		}
		dst = append(dst, border...)
	}
	return dst
}

// harmless is a line without what a terminal would obey: clients choose their ids, topics and payloads, and could otherwise move the
// cursor of whoever looks at them, or worse. Control characters and bytes that are no UTF-8 are written as in Go.
func harmless(line string) string {
	strange := func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }
	if !strings.ContainsFunc(line, strange) {
		return line
	}
	var b strings.Builder
	for i, r := range line {
		_, size := utf8.DecodeRuneInString(line[i:])
		switch char := line[i : i+size]; {
		case r == utf8.RuneError && size == 1, unicode.IsControl(r):
			quoted := strconv.Quote(char)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteString(char)
		}
	}
	return b.String()
}

func appendBorder(dst []byte, widths []int) []byte {
	dst = append(dst, '+')
	for _, w := range widths {
		dst = append(append(dst, bytes.Repeat([]byte{'-'}, w+2)...), '+')
	}
	return append(dst, '\n')
}

func pad(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, ' ')
	}
	return dst
}
