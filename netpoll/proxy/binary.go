package proxy

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/netip"
)

// A header of version 2:
//
//	 0            12      13        14     16
//	┌────────────┬───────┬─────────┬──────┬───────────┬──────────────────────────────┐
//	│ start      │version│ family  │length│ addresses │ TLVs: type, length (2), value│
//	│            │command│ protocol│      │           │                              │
//	└────────────┴───────┴─────────┴──────┴───────────┴──────────────────────────────┘
const (
	fixedSize = 16
	// binaryMax is the most that may follow the fixed part. The length field allows 64 KiB; addresses and all known TLVs with a
	// long CN need less than 1 KiB, and what a proxy adds of its own is short.
	binaryMax = 4 << 10

	commandLocal = 0
	commandProxy = 1

	familyUnspecified = 0
	familyIPv4        = 1
	familyIPv6        = 2
	familyUnix        = 3

	tlvChecksum = 0x03
	tlvSSL      = 0x20
	subCN       = 0x22

	sslClient   = 0x01 // connected by TLS
	sslCertConn = 0x02 // a certificate was shown on this connection
	sslCertSess = 0x04 // a certificate was shown in this TLS session
)

// addressSize is the size of both addresses and ports, by family.
var addressSize = [...]int{familyUnspecified: 0, familyIPv4: 12, familyIPv6: 36, familyUnix: 216}

func parseBinary(b []byte) (h Header, n int, err error) {
	if len(b) > 12 && b[12]>>4 != 2 {
		return h, 0, fmt.Errorf("PROXY header of version %d, want 2", b[12]>>4)
	}
	if len(b) < fixedSize {
		return h, 0, ErrIncomplete
	}
	command, family := b[12]&15, b[13]>>4
	n = fixedSize + int(binary.BigEndian.Uint16(b[14:]))
	switch {
	case command > commandProxy:
		return h, 0, fmt.Errorf("PROXY header with command %d, want 0, LOCAL, or 1, PROXY", command)
	case n > fixedSize+binaryMax:
		return h, 0, fmt.Errorf("PROXY header of %d bytes, want at most %d", n, fixedSize+binaryMax)
	case len(b) < n:
		return h, 0, ErrIncomplete
	case command == commandLocal:
		return h, n, nil // a health check of the proxy: the rest means nothing
	case int(family) >= len(addressSize):
		return h, 0, fmt.Errorf("PROXY header with address family %d, want 0 to 3", family)
	}
	rest := b[fixedSize:n]
	size := addressSize[family]
	if len(rest) < size {
		return h, 0, fmt.Errorf("PROXY header with %d bytes of addresses, want %d", len(rest), size)
	}
	switch family {
	case familyIPv4:
		h.Source = binaryAddr(rest[0:4], rest[8:])
		h.Destination = binaryAddr(rest[4:8], rest[10:])
	case familyIPv6:
		h.Source = binaryAddr(rest[0:16], rest[32:])
		h.Destination = binaryAddr(rest[16:32], rest[34:])
	}
	if err := h.tlvs(b[:n], fixedSize+size); err != nil {
		return Header{}, 0, err
	}
	return h, n, nil
}

func binaryAddr(ip, port []byte) netip.AddrPort {
	addr, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(addr.Unmap(), binary.BigEndian.Uint16(port))
}

// tlv takes one TLV off b.
func tlv(b []byte) (kind byte, value, rest []byte, err error) {
	if len(b) < 3 {
		return 0, nil, nil, fmt.Errorf("PROXY header ends in %d bytes of a TLV", len(b))
	}
	n := int(binary.BigEndian.Uint16(b[1:]))
	if len(b) < 3+n {
		return 0, nil, nil, fmt.Errorf("PROXY header has %d bytes for a TLV of type %#02x and %d bytes", len(b)-3, b[0], n)
	}
	return b[0], b[3 : 3+n], b[3+n:], nil
}

// tlvs reads those TLVs of the header all that we want, which begin at from.
func (h *Header) tlvs(all []byte, from int) error {
	for rest := all[from:]; len(rest) > 0; {
		kind, value, next, err := tlv(rest)
		if err != nil {
			return err
		}
		switch kind {
		case tlvChecksum:
			if err := checksum(all, len(all)-len(rest)+3, value); err != nil {
				return err
			}
		case tlvSSL:
			if err := h.ssl(value); err != nil {
				return err
			}
		}
		rest = next
	}
	return nil
}

// checksum compares a CRC-32c, whose four bytes, at offset at, count as zeros.
func checksum(all []byte, at int, value []byte) error {
	if len(value) != 4 {
		return fmt.Errorf("PROXY header with a checksum of %d bytes, want 4", len(value))
	}
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(0, table, all[:at])
	sum = crc32.Update(sum, table, make([]byte, 4))
	sum = crc32.Update(sum, table, all[at+4:])
	if want := binary.BigEndian.Uint32(value); sum != want {
		return fmt.Errorf("PROXY header with checksum %#08x, computed %#08x", want, sum)
	}
	return nil
}

// ssl reads the TLV about the client's TLS: a byte of flags, four that are 0 if its certificate was verified, and TLVs.
func (h *Header) ssl(b []byte) error {
	if len(b) < 5 {
		return fmt.Errorf("PROXY header with an SSL TLV of %d bytes, want at least 5", len(b))
	}
	h.SSL = b[0]&sslClient != 0
	h.Verified = b[0]&(sslCertConn|sslCertSess) != 0 && binary.BigEndian.Uint32(b[1:]) == 0
	for rest := b[5:]; len(rest) > 0; {
		kind, value, next, err := tlv(rest)
		if err != nil {
			return err
		}
		if kind == subCN && h.Verified {
			h.CommonName = string(value)
		}
		rest = next
	}
	return nil
}
