package config

import (
	"fmt"
	"strings"
)

// article says what kind of value the text fails to be.
func (r *Row) article() string {
	switch r.Kind {
	case Flag:
		return "this is no flag"
	case Int:
		return "this is no integer"
	case Enum:
		return "this is not one of the words"
	case Address:
		return "this is no address and port"
	case ByteSize:
		return "this is no size"
	case Percent:
		return "this is no percentage"
	}
	return "this is no time"
}

// Accepted describes the values that a row takes, for messages and for the reference page.
func (r *Row) Accepted() string {
	var s string
	switch r.Kind {
	case Flag:
		return "on or off"
	case Enum:
		return orList(r.Words)
	case Int:
		s = "an integer"
		if r.Range != nil {
			s = r.Range.String()
		}
	case Address:
		s = "IP:PORT with a literal address, such as 127.0.0.1:1883 or [::1]:1883"
		if r.Sockets {
			s += ", or local:/PATH:0"
		}
		return s
	case ByteSize:
		s = "bytes, or a number with KB, MB or GB"
		if r.Range != nil {
			s += ", " + r.Range.String() + " bytes"
		}
	case Percent:
		s = "0% to 100%"
	case Duration:
		s = "numbers with the units f w d h m s ms, such as 1d12h"
		if r.Unit != "" {
			s += ", or a number of " + r.Unit
		}
	case Period:
		s = "an integer with one of the units s h d w m y, such as 1w (m is 28 days, y 336 days)"
	case List:
		s = "words separated by commas"
		if r.Length > 0 {
			return fmt.Sprintf("%d integers from 0 separated by commas", r.Length)
		}
		if r.Words != nil {
			return "a list of " + orList(r.Words) + ", separated by commas"
		}
	case String:
		s = "text"
		if r.Length > 0 {
			s = fmt.Sprintf("exactly %d character", r.Length)
		}
	case Term:
		s = "text in Erlang's syntax"
	default:
		s = "a path"
	}
	if len(r.Words) > 0 {
		s += ", or " + orList(r.Words)
	}
	return s
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
