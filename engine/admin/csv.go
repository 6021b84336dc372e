package admin

import "strings"

// AppendCSV appends the tables of the answer, one after the other, and the alerts to errs. Texts have no place in such a file.
func (r Result) AppendCSV(dst, errs []byte) (out, alerts []byte) {
	for _, p := range r {
		switch p := p.(type) {
		case Alert:
			errs = append(append(errs, p...), '\n')
		case *Table:
			dst = p.appendCSV(dst)
		}
	}
	return dst, errs
}

func (t *Table) appendCSV(dst []byte) []byte {
	if len(t.Rows) == 0 {
		return dst
	}
	for i, name := range t.Columns {
		dst = appendField(dst, i, name)
	}
	dst = append(dst, "\r\n"...)
	for _, row := range t.Rows {
		for i := range t.Columns {
			dst = appendField(dst, i, cellText(row[i]))
		}
		dst = append(dst, "\r\n"...)
	}
	return dst
}

func appendField(dst []byte, i int, s string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	s = strings.Trim(s, " ")
	if strings.ContainsAny(s, "\r\n\",") {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return append(dst, s...)
}
