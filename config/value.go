package config

import (
	"math"
	"net/netip"
	"time"
)

// Value is the value of one key after conversion. Which methods make sense depends on the Kind of its row.
type Value struct {
	text string
	num  int64
	on   bool
	word bool
	list []string
	addr Addr
}

// Text is the value as written, with quotes removed and substitutions done.
func (v Value) Text() string { return v.text }

// Int is the number: of an Int, of bytes for ByteSize, of percent, of milliseconds for Duration, of seconds for Period.
// It is 0 where one of the row's Words was written.
func (v Value) Int() int64 { return v.num }

// On is true for a Flag that is on.
func (v Value) On() bool { return v.on }

// Is tells whether the value is word, one of the row's Words.
func (v Value) Is(word string) bool { return v.word && v.text == word }

// List is the elements of a List; the caller must not change them.
func (v Value) List() []string { return v.list }

// Addr is the address of an Address.
func (v Value) Addr() Addr { return v.addr }

// Seconds is the number taken as seconds, at most the longest time.Duration.
func (v Value) Seconds() time.Duration { return times(v.num, time.Second) }

// Millis is the number taken as milliseconds, at most the longest time.Duration.
func (v Value) Millis() time.Duration { return times(v.num, time.Millisecond) }

// times multiplies without overflow, because 300y is a legal period and does not fit into a Duration.
func times(n int64, unit time.Duration) time.Duration {
	switch {
	case n > math.MaxInt64/int64(unit):
		return math.MaxInt64
	case n < math.MinInt64/int64(unit):
		return math.MinInt64
	}
	return time.Duration(n) * unit
}

// clampInt turns n into an int, at the nearest bound where int is too small for it.
func clampInt(n int64) int { return int(min(max(n, math.MinInt), math.MaxInt)) }

// Addr is where a listener binds: an IP address and port, or the path of a unix socket.
type Addr struct {
	// IP is the invalid Addr for a unix socket.
	IP   netip.Addr
	Port uint16
	// Socket is the path of a unix socket; empty for TCP.
	Socket string
}

// Network is "tcp" or "unix", as in net.Listen.
func (a Addr) Network() string {
	if a.Socket != "" {
		return "unix"
	}
	return "tcp"
}

// String is the address for net.Listen: IP:port with IPv6 in brackets, or the path of the socket.
func (a Addr) String() string {
	if a.Socket != "" {
		return a.Socket
	}
	return netip.AddrPortFrom(a.IP, a.Port).String()
}
