package wslayer

import "bytes"

// head cuts an HTTP head into lines. It keeps only the line that has not ended yet.
type head struct {
	tail []byte
}

// next returns the line at the beginning of what is kept and b, without its line end, and what follows it. ok is false if no line
// has ended: then b is kept. long is true as soon as the line has more than limit bytes, ended or not; nothing is kept then.
// The line is valid until the next call.
func (h *head) next(b []byte, limit int) (line, rest []byte, ok, long bool) {
	i := bytes.IndexByte(b, '\n')
	// A carriage return may stand behind the limit.
	if end := max(i, 0); len(h.tail)+end > limit+1 || i < 0 && len(h.tail)+len(b) > limit+1 {
		h.tail = nil
		return nil, nil, false, true
	}
	if i < 0 {
		h.tail = append(h.tail, b...)
		return nil, nil, false, false
	}
	line, rest = b[:i], b[i+1:]
	if len(h.tail) > 0 {
		line = append(h.tail, line...)
		h.tail = line[:0]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) > limit {
		h.tail = nil
		return nil, nil, false, true
	}
	return line, rest, true, false
}
