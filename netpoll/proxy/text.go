package proxy

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// textMax is the longest line of version 1, its end included.
const textMax = 107

// parseText reads a header of version 1: PROXY TCP4 source destination port port, or PROXY UNKNOWN and anything.
func parseText(b []byte) (h Header, n int, err error) {
	end := bytes.IndexByte(b[:min(len(b), textMax)], '\n')
	switch {
	case end < 0 && len(b) >= textMax:
		return h, 0, fmt.Errorf("PROXY header without an end in its first %d bytes", textMax)
	case end < 0:
		return h, 0, ErrIncomplete
	case b[end-1] != '\r':
		return h, 0, fmt.Errorf("PROXY header %q does not end in CR LF", b[:end+1])
	}
	line := string(b[:end-1])
	fields := strings.Split(line, " ")
	if len(fields) > 1 && fields[1] == "UNKNOWN" {
		return h, end + 1, nil
	}
	if len(fields) != 6 || (fields[1] != "TCP4" && fields[1] != "TCP6") {
		return h, 0, fmt.Errorf("PROXY header %q, want PROXY TCP4 or TCP6, two addresses and two ports", line)
	}
	if h.Source, err = textAddr(fields[1], fields[2], fields[4]); err == nil {
		h.Destination, err = textAddr(fields[1], fields[3], fields[5])
	}
	if err != nil {
		return Header{}, 0, fmt.Errorf("PROXY header %q: %w", line, err)
	}
	return h, end + 1, nil
}

func textAddr(family, ip, port string) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Is4() != (family == "TCP4") || addr.Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("address %q is not of %s", ip, family)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || strconv.FormatUint(n, 10) != port {
		return netip.AddrPort{}, fmt.Errorf("port %q is not a number from 0 to 65535", port)
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), nil
}
