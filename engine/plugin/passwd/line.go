package passwd

import (
	"errors"
	"strings"
)

var (
	errNoUser  = errors.New("a line must be USER:HASH, and this one has no ':'")
	errTwoUser = errors.New("a line must be USER:HASH, and this one has more than one ':'")
)

// ParseLine takes a line of a password file apart, without its end. user is everything before the ':', blanks included, and aliases line.
func ParseLine(line string) (user string, h Hash, err error) {
	user, text, found := strings.Cut(line, ":")
	switch {
	case !found:
		return "", Hash{}, errNoUser
	case strings.Contains(text, ":"):
		return "", Hash{}, errTwoUser
	}
	h, err = ParseHash(text)
	return user, h, err
}
