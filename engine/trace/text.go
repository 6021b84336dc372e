package trace

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vernemq/vmq/codec"
)

// payload adds the line of a payload: as text if every character of it can be printed, as hexadecimal digits otherwise.
func (e *event) payload(name string, b []byte) {
	shown, mark := b, ""
	if e.trunc >= 0 && len(b) > e.trunc {
		shown, mark = b[:e.trunc], " (truncated)"
	}
	text := wholeRunes(shown, mark != "")
	if !printable(text) {
		text = hex.EncodeToString(shown)
	}
	e.detail("%s: %s%s", name, text, mark)
}

// wholeRunes is b as text, without the beginning of a character that was cut.
func wholeRunes(b []byte, cut bool) string {
	for n := 1; cut && n < utf8.UTFMax && n <= len(b); n++ {
		if last := b[len(b)-n:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				b = b[:len(b)-n]
			}
			break
		}
	}
	return string(b)
}

func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// properties adds the line of properties, if there are any.
func (e *event) properties(name string, p *codec.Properties) {
	if p == nil || p.Empty() {
		return
	}
	e.detail("%s: %s", name, strings.TrimSuffix(strings.TrimPrefix(p.String(), "{"), "}"))
}

// code is a field with the name and number of a reason code.
func (e *event) code(c codec.ReasonCode, t codec.PacketType) { e.field("code", "%s", codeText(c, t)) }

// codeText is a code as in "not_authorized (135)".
func codeText(c codec.ReasonCode, t codec.PacketType) string {
	name := strings.ReplaceAll(strings.ToLower(c.String()), " ", "_")
	if c == codec.NormalDisconnection && t == codec.DISCONNECT {
		name = "normal_disconnect"
	}
	return name + " (" + strconv.Itoa(int(c)) + ")"
}
