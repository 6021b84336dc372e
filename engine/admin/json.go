package admin

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendJSON appends the answer as JSON without blanks: one part as an object, none or several as an array, which a line break follows.
func (r Result) AppendJSON(dst []byte) []byte {
	if len(r) == 1 {
		return appendPart(dst, r[0])
	}
	dst = append(dst, '[')
	for i, p := range r {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPart(dst, p)
	}
	return append(dst, "]\n"...)
}

func appendPart(dst []byte, p Part) []byte {
	switch p := p.(type) {
	case Text:
		return appendText(dst, string(p))
	case Alert:
		dst = append(dst, `{"alert":[`...)
		dst = appendText(dst, string(p))
		return append(dst, `],"type":"alert"}`...)
	case *Table:
		dst = append(dst, `{"table":[`...)
		for i, row := range p.Rows {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, '{')
			for j, name := range p.Columns {
				if j > 0 {
					dst = append(dst, ',')
				}
				dst = append(appendString(dst, name), ':')
				dst = appendCell(dst, row[j])
			}
			dst = append(dst, '}')
		}
		return append(dst, `],"type":"table"}`...)
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	dst = append(dst, `{"text":`...)
	dst = appendString(dst, strings.Trim(s, " "))
	return append(dst, `,"type":"text"}`...)
}

func appendCell(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil, Missing:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case int, int64, uint64, float64:
		return append(dst, cellText(v)...)
	}
	return appendString(dst, strings.Trim(cellText(v), " "))
}

const hexDigits = "0123456789abcdef"

// appendString writes s in quotes. Text that is not UTF-8, such as a payload, becomes base64: and its encoding.
func appendString(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		dst = append(dst, `"base64:`...)
		dst = base64.StdEncoding.AppendEncode(dst, []byte(s))
		return append(dst, '"')
	}
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			if c < ' ' {
				dst = append(dst, `\u00`...)
				dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
				continue
			}
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
