package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
)

// Header is what a proxy says about a connection.
type Header struct {
	// Source is the client's address. It is not valid if the proxy speaks for itself or does not know: then the address of the
	// socket counts.
	Source netip.AddrPort
	// Destination is the address to which the client connected, valid if Source is.
	Destination netip.AddrPort
	// SSL says that the client is connected to the proxy by TLS.
	SSL bool
	// Verified says that the client has shown a certificate, on this connection or in the same TLS session, and the proxy has
	// verified it.
	Verified bool
	// CommonName is the CN of the subject of that certificate; empty if there is none.
	CommonName string
}

// ErrIncomplete says that what has come is the beginning of a header.
var ErrIncomplete = errors.New("PROXY header is not complete")

var (
	textStart   = []byte("PROXY ")
	binaryStart = []byte("\r\n\r\n\x00\r\nQUIT\n")
)

// Parse reads the header at the beginning of b and returns its length. Strings in h are copies. The error is ErrIncomplete as long as
// more bytes may make a header; no other error goes away with more bytes.
func Parse(b []byte) (h Header, n int, err error) {
	switch {
	case begins(b, binaryStart):
		return parseBinary(b)
	case begins(b, textStart):
		return parseText(b)
	}
	return h, 0, fmt.Errorf("PROXY header of neither version: it begins with %q", b[:min(len(b), len(binaryStart))])
}

// begins reports whether b begins with start, as far as it goes.
func begins(b, start []byte) bool {
	n := min(len(b), len(start))
	return bytes.Equal(b[:n], start[:n])
}
