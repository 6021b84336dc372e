package config

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
)

func parseInt(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// parseAddr takes IP:port, split at the last colon, so that IPv6 works with and without brackets.
func parseAddr(s string, sockets bool) (Addr, bool) {
	if sockets {
		for _, prefix := range []string{"local:", "unix:"} {
			if path, found := strings.CutPrefix(s, prefix); found {
				path, found = strings.CutSuffix(path, ":0")
				return Addr{Socket: path}, found && path != ""
			}
		}
	}
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return Addr{}, false
	}
	host := s[:colon]
	if bare, found := strings.CutPrefix(host, "["); found {
		if host, found = strings.CutSuffix(bare, "]"); !found {
			return Addr{}, false
		}
	}
	ip, err := netip.ParseAddr(host)
	port, perr := strconv.ParseUint(s[colon+1:], 10, 16)
	return Addr{IP: ip, Port: uint16(port)}, err == nil && perr == nil
}

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{{"KB", 1 << 10}, {"kb", 1 << 10}, {"MB", 1 << 20}, {"mb", 1 << 20}, {"GB", 1 << 30}, {"gb", 1 << 30}}

func parseByteSize(s string) (int64, bool) {
	for _, u := range sizeUnits {
		if number, found := strings.CutSuffix(s, u.suffix); found {
			return parseUnits(number, u.bytes)
		}
	}
	return parseUnits(s, 1)
}

// parseUnits multiplies a number, which may have a fraction, and rounds up.
func parseUnits(number string, unit int64) (int64, bool) {
	if strings.Trim(number, "0123456789.") != "" { // ParseFloat also takes exponents, hexadecimal and words
		return 0, false
	}
	if n, ok := parseInt(number); ok {
		return n * unit, n <= math.MaxInt64/unit
	}
	f, err := strconv.ParseFloat(number, 64)
	f = math.Ceil(f * float64(unit))
	return int64(f), err == nil && f < math.MaxInt64
}

// parsePercent takes a bare number too, as the number of percent.
func parsePercent(s string) (int64, bool) {
	n, ok := parseInt(strings.TrimSuffix(s, "%"))
	return n, ok && n >= 0 && n <= 100
}

// durationUnits in milliseconds; ms stands before m and s, which are prefixes of nothing else.
var durationUnits = []struct {
	name   string
	millis int64
}{{"ms", 1}, {"f", 14 * 86400e3}, {"w", 7 * 86400e3}, {"d", 86400e3}, {"h", 3600e3}, {"m", 60e3}, {"s", 1e3}}

// parseDuration adds up numbers with units, such as 1d12h, in milliseconds.
func parseDuration(s string) (total int64, ok bool) {
	s = strings.ToLower(s)
	for s != "" {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789."))
		n, found := int64(0), false
		for _, u := range durationUnits {
			if rest, is := strings.CutPrefix(s[digits:], u.name); is {
				n, found = parseUnits(s[:digits], u.millis)
				s = rest
				break
			}
		}
		if !found || digits == 0 || n > math.MaxInt64-total {
			return 0, false
		}
		total, ok = total+n, true
	}
	return total, ok
}

// periodUnits in seconds: m is a month of 28 days and y are 12 of these.
var periodUnits = map[byte]int64{'s': 1, 'h': 3600, 'd': 86400, 'w': 7 * 86400, 'm': 28 * 86400, 'y': 336 * 86400}

func parsePeriod(s string) (int64, bool) {
	if len(s) < 2 {
		return 0, false
	}
	unit := periodUnits[s[len(s)-1]]
	n, ok := parseInt(s[:len(s)-1])
	if !ok || unit == 0 || n < 0 || n > math.MaxInt64/unit {
		return 0, false
	}
	return n * unit, true
}

// parseList cuts at commas and drops one pair of brackets around them and blanks around the words. An empty list is not nil.
func parseList(s string) []string {
	s = strings.TrimSpace(s)
	if inner, found := strings.CutPrefix(s, "["); found {
		s = strings.TrimSuffix(inner, "]")
	}
	list := []string{}
	for _, w := range strings.Split(s, ",") {
		if w = strings.TrimSpace(w); w != "" {
			list = append(list, w)
		}
	}
	return list
}
