package codec

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

// TestValidText puts each odd sequence at every place of texts of every length around the word size, and compares with the
// standard library.
func TestValidText(t *testing.T) {
	odd := []string{"", "\x00", "\x7f", "\x80", "\xff", "\x01", "ü", "€", "𝄞", "\ufeff", "\uffff", "\xc3", "\xc3\x28", "\xed\xa0\x80", // surrogate
		"\xed\xbf\xbf", "\xc0\x80", "\xe0\x80\xaf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\x00\x01", "\x01\x00", "\x80\x01"}
	good, bad := 0, 0
	for size := range 40 {
		for _, o := range odd {
			for at := 0; at+len(o) <= size; at++ {
				text := bytes.Repeat([]byte{'a'}, size)
				copy(text[at:], o)
				want := utf8.Valid(text) && !bytes.Contains(text, []byte{0})
				if got := validText(text); got != want {
					t.Fatalf("%q: %t, want %t", text, got, want)
				}
				if want {
					good++
				} else {
					bad++
				}
			}
		}
	}
	if good < 1000 || bad < 1000 {
		t.Fatalf("%d good and %d bad texts", good, bad)
	}
}
