package config

import (
	"fmt"
	"math"
	"slices"
)

// mistake is why a text is no value of a row: what is wrong, and what would be right.
type mistake struct{ what, right string }

// convert turns text into a value of the row. The second result is nil if that worked.
func (r *Row) convert(text string) (Value, *mistake) {
	v := Value{text: text}
	if r.Kind != Enum && r.Kind != List && slices.Contains(r.Words, text) {
		v.word = true
		return v, nil
	}
	var ok bool
	switch r.Kind {
	case Flag:
		v.on, ok = text == "on", text == "on" || text == "off"
	case Int:
		v.num, ok = parseInt(text)
	case Enum:
		v.word, ok = true, slices.Contains(r.Words, text)
	case Address:
		v.addr, ok = parseAddr(text, r.Sockets)
	case ByteSize:
		v.num, ok = parseByteSize(text)
	case Percent:
		v.num, ok = parsePercent(text)
	case Duration:
		if v.num, ok = parseDuration(text); !ok && r.Unit != "" {
			v.num, ok = parseDuration(text + r.Unit)
		}
	case Period:
		v.num, ok = parsePeriod(text)
	case List:
		v.list, ok = parseList(text), true
	default:
		ok = true
	}
	if !ok {
		return v, &mistake{r.article(), "expected " + r.Accepted()}
	}
	return v, r.checkShape(v)
}

// checkShape applies the row's Range, Words of a List and Length.
func (r *Row) checkShape(v Value) *mistake {
	switch {
	case r.Range != nil && (v.num < r.Range.Min || v.num > r.Range.Max):
		return &mistake{"the number is out of range", "expected " + r.Accepted()}
	case r.Kind == String && r.Length > 0 && len([]rune(v.text)) != r.Length:
		return &mistake{"the text has the wrong length", "expected " + r.Accepted()}
	case r.Kind == List && r.Length > 0:
		return r.checkInts(v.list)
	case r.Kind == List && r.Words != nil:
		for _, w := range v.list {
			if !slices.Contains(r.Words, w) {
				return &mistake{fmt.Sprintf("%q is not one of the words", w), "expected " + r.Accepted()}
			}
		}
	}
	if r.Valid != nil {
		return r.Valid(v)
	}
	return nil
}

// checkInts checks a List of a fixed number of integers, such as buffer sizes.
func (r *Row) checkInts(list []string) *mistake {
	bad := len(list) != r.Length
	for _, s := range list {
		n, ok := parseInt(s)
		bad = bad || !ok || n < 0 || n > math.MaxInt32
	}
	if bad {
		return &mistake{"this is no such list", "expected " + r.Accepted()}
	}
	return nil
}

// same tells whether two values of the row mean the same.
func (r *Row) same(v, w Value) bool {
	switch r.Kind {
	case Int, ByteSize, Percent, Duration, Period:
		return v.num == w.num && v.word == w.word && (!v.word || v.text == w.text)
	case Address:
		return v.addr == w.addr
	case List:
		return slices.Equal(v.list, w.list)
	}
	return v.text == w.text
}
