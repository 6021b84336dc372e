package main

import (
	"strings"

	"github.com/vernemq/vmq/engine/plugin/passwd"
)

// edit puts line, which may be empty, in the place of that of the user. All other lines stay as they are, byte for byte. Where the user has
// several lines the last one counts, so none of the old ones must stay.
func edit(text, user, line string) (edited string, found bool) {
	var b strings.Builder
	for old := range strings.Lines(text) {
		name, _, is := strings.Cut(old, ":")
		if !is || name != user {
			b.WriteString(old)
			continue
		}
		if !found {
			b.WriteString(line)
		}
		found = true
	}
	return b.String(), found
}

// hashAll replaces the password of each line USER:PASSWORD by its hash. Neither may contain ':'; what comes after a second one is lost.
// Lines that hold a hash, and those without ':', stay as they are.
func hashAll(text string, scheme passwd.Scheme) string {
	var b strings.Builder
	for old := range strings.Lines(text) {
		line := strings.TrimSuffix(strings.TrimSuffix(old, "\n"), "\r")
		user, rest, is := strings.Cut(line, ":")
		if !is || hashed(line) {
			b.WriteString(old)
			continue
		}
		password, _, _ := strings.Cut(rest, ":")
		h := passwd.NewHash(scheme, []byte(password))
		b.WriteString(user + ":" + h.String() + "\n")
	}
	return b.String()
}

// hashed tells a line with a hash from one with a password, which might look like one only if somebody wants to have it so.
func hashed(line string) bool {
	_, _, err := passwd.ParseLine(line)
	return err == nil
}
