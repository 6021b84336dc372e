package config

import "strings"

// keyLength is the length of the key that s starts with: segments of letters, digits, - and _ with dots between them; a
// literal dot inside a segment is written \. .
func keyLength(s string) int {
	n := segmentLength(s)
	if n == 0 {
		return 0
	}
	for n < len(s) && s[n] == '.' {
		more := segmentLength(s[n+1:])
		if more == 0 {
			break
		}
		n += 1 + more
	}
	return n
}

func segmentLength(s string) int {
	n := 0
	for n < len(s) {
		switch c := s[n]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			n++
		case c == '\\' && n+1 < len(s) && s[n+1] == '.':
			n += 2
		default:
			return n
		}
	}
	return n
}

// splitKey cuts a key at its dots and resolves \. inside the segments.
func splitKey(key string) []string {
	if !strings.Contains(key, `\.`) {
		return strings.Split(key, ".")
	}
	const dot = "\x00" // cannot stand in a key
	segments := strings.Split(strings.ReplaceAll(key, `\.`, dot), ".")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(s, dot, ".")
	}
	return segments
}

// joinKey is the reverse of splitKey.
func joinKey(segments []string) string {
	escaped := make([]string, len(segments))
	for i, s := range segments {
		escaped[i] = strings.ReplaceAll(s, ".", `\.`)
	}
	return strings.Join(escaped, ".")
}
