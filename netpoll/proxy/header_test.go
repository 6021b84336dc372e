package proxy

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net/netip"
	"strings"
	"testing"
)

// v2 makes a header of version 2.
func v2(command, family byte, addresses string, tlvs ...string) string {
	rest := addresses + strings.Join(tlvs, "")
	b := append([]byte(nil), binaryStart...)
	b = append(b, 0x20|command, family<<4|1)
	b = binary.BigEndian.AppendUint16(b, uint16(len(rest)))
	return string(b) + rest
}

func field(kind byte, value string) string {
	return string([]byte{kind, byte(len(value) >> 8), byte(len(value))}) + value
}

// summed puts the right checksum in the place of the last four bytes.
func summed(header string) string {
	b := []byte(header)
	copy(b[len(b)-4:], "\x00\x00\x00\x00")
	binary.BigEndian.PutUint32(b[len(b)-4:], crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	return string(b)
}

var (
	v4addresses = "\xc0\x00\x02\x09\xc6\x33\x64\x01\x30\x39\x07\x5b" // 192.0.2.9:12345, 198.51.100.1:1883
	v6addresses = "\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x09" + "\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x01" + "\x30\x39\x07\x5b"
)

var goodHeaders = []struct{ what, header, source, cn string }{
	{"v1 IPv4", "PROXY TCP4 192.0.2.9 198.51.100.1 12345 1883\r\n", "192.0.2.9:12345", ""},
	{"v1 IPv6", "PROXY TCP6 2001:db8::9 2001:db8::1 12345 1883\r\n", "[2001:db8::9]:12345", ""},
	{"v1 mapped", "PROXY TCP6 ::ffff:192.0.2.9 2001:db8::1 12345 1883\r\n", "192.0.2.9:12345", ""},
	{"v1 unknown", "PROXY UNKNOWN\r\n", "", ""},
	{"v1 unknown with addresses", "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "", ""},
	{"v2 IPv4", v2(1, familyIPv4, v4addresses), "192.0.2.9:12345", ""},
	{"v2 IPv6", v2(1, familyIPv6, v6addresses), "[2001:db8::9]:12345", ""},
	{"v2 unix", v2(1, familyUnix, strings.Repeat("\x00", 216)), "", ""},
	{"v2 unspecified", v2(1, familyUnspecified, ""), "", ""},
	{"v2 local", v2(0, familyIPv4, v4addresses), "", ""},
	{"v2 local with nonsense", v2(0, 9, "xyz"), "", ""},
	{"v2 CN", v2(1, familyIPv4, v4addresses, field(tlvSSL, "\x07\x00\x00\x00\x00"+field(0x21, "TLSv1.3")+field(subCN, "dev 1"))),
		"192.0.2.9:12345", "dev 1"},
	{"v2 CN of a session", v2(1, familyIPv4, v4addresses, field(tlvSSL, "\x05\x00\x00\x00\x00"+field(subCN, "dev"))), "192.0.2.9:12345", "dev"},
	{"v2 CN not verified", v2(1, familyIPv4, v4addresses, field(tlvSSL, "\x07\x00\x00\x00\x01"+field(subCN, "dev"))), "192.0.2.9:12345", ""},
	{"v2 CN without certificate", v2(1, familyIPv4, v4addresses, field(tlvSSL, "\x01\x00\x00\x00\x00"+field(subCN, "dev"))), "192.0.2.9:12345", ""},
	{"v2 unknown TLV", v2(1, familyIPv4, v4addresses, field(0xe5, "anything"), field(0x04, "")), "192.0.2.9:12345", ""},
	{"v2 checksum", summed(v2(1, familyIPv4, v4addresses, field(0xe5, "x"), field(tlvChecksum, "0000"))), "192.0.2.9:12345", ""},
}

var badHeaders = []struct{ header, want string }{
	{"\x10\x20", `PROXY header of neither version: it begins with "\x10 "`},
	{"PROXY TCP4 192.0.2.9 198.51.100.1 12345 1883\n", `PROXY header "PROXY TCP4 192.0.2.9 198.51.100.1 12345 1883\n" does not end in CR LF`},
	{"PROXY TCP4 192.0.2.9 198.51.100.1 12345\r\n", "want PROXY TCP4 or TCP6, two addresses and two ports"},
	{"PROXY TCP5 192.0.2.9 198.51.100.1 12345 1883\r\n", "want PROXY TCP4 or TCP6, two addresses and two ports"},
	{"PROXY TCP4 2001:db8::9 198.51.100.1 12345 1883\r\n", `address "2001:db8::9" is not of TCP4`},
	{"PROXY TCP6 fe80::1%eth0 2001:db8::1 1 2\r\n", `address "fe80::1%eth0" is not of TCP6`},
	{"PROXY TCP4 192.0.2.9 198.51.100.1 65536 1883\r\n", `port "65536" is not a number from 0 to 65535`},
	{"PROXY TCP4 192.0.2.9 198.51.100.1 1 01883\r\n", `port "01883" is not a number from 0 to 65535`},
	{"PROXY " + strings.Repeat("x", 200), "PROXY header without an end in its first 107 bytes"},
	{string(binaryStart) + "\x31", "PROXY header of version 3, want 2"},
	{v2(2, familyIPv4, v4addresses), "PROXY header with command 2, want 0, LOCAL, or 1, PROXY"},
	{v2(1, 4, v4addresses), "PROXY header with address family 4, want 0 to 3"},
	{v2(1, familyIPv6, v4addresses), "PROXY header with 12 bytes of addresses, want 36"},
	{v2(1, familyIPv4, strings.Repeat("x", 5000)), "PROXY header of 5016 bytes, want at most 4112"},
	{v2(1, familyIPv4, v4addresses, "\x20\x00"), "PROXY header ends in 2 bytes of a TLV"},
	{v2(1, familyIPv4, v4addresses, "\x20\x00\x09xx"), "PROXY header has 2 bytes for a TLV of type 0x20 and 9 bytes"},
	{v2(1, familyIPv4, v4addresses, field(tlvSSL, "\x01\x00")), "PROXY header with an SSL TLV of 2 bytes, want at least 5"},
	{v2(1, familyIPv4, v4addresses, field(tlvChecksum, "0000")), "PROXY header with checksum 0x30303030"},
	{v2(1, familyIPv4, v4addresses, field(tlvChecksum, "0")), "PROXY header with a checksum of 1 bytes, want 4"},
}

// A header is read when its last byte is there, not earlier, and not a byte of what follows.
func TestParse(t *testing.T) {
	for _, test := range goodHeaders {
		for n := range test.header {
			if _, _, err := Parse([]byte(test.header[:n])); err != ErrIncomplete {
				t.Fatalf("%s: %d of %d bytes: %v, want it incomplete", test.what, n, len(test.header), err)
			}
		}
		h, n, err := Parse([]byte(test.header + "\x10\x0c"))
		if err != nil || n != len(test.header) {
			t.Errorf("%s: %d bytes, %v; want %d", test.what, n, err, len(test.header))
			continue
		}
		if test.source == "" {
			if h.Source.IsValid() {
				t.Errorf("%s: source %v, want none", test.what, h.Source)
			}
		} else if h.Source != netip.MustParseAddrPort(test.source) || h.Destination.Port() != 1883 {
			t.Errorf("%s: source %v, destination %v; want %s", test.what, h.Source, h.Destination, test.source)
		}
		if h.CommonName != test.cn {
			t.Errorf("%s: CN %q, want %q", test.what, h.CommonName, test.cn)
		}
	}
}

// What is no header is refused with its reason, as soon as it shows.
func TestParseRefuses(t *testing.T) {
	for _, test := range badHeaders {
		_, _, err := Parse([]byte(test.header))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want %q", test.header, err, test.want)
		}
	}
}

// FuzzParse proves that no bytes make Parse panic, and that its answer for a prefix agrees with that for the whole.
func FuzzParse(f *testing.F) {
	for _, h := range goodHeaders {
		f.Add([]byte(h.header))
	}
	for _, h := range badHeaders {
		f.Add([]byte(h.header))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		whole := bytes.Clone(b)
		h, n, err := Parse(b)
		if !bytes.Equal(b, whole) {
			t.Fatal("Parse has changed its input")
		}
		if (err == nil) != (n > 0) || n > len(b) {
			t.Fatalf("length %d of %d, error %v", n, len(b), err)
		}
		for cut := range b {
			ph, pn, perr := Parse(b[:cut])
			switch {
			case perr == ErrIncomplete && err == nil && cut >= n:
				t.Fatalf("incomplete with %d bytes, but %d are a header", cut, n)
			case perr == nil && (err != nil || pn != n || ph != h):
				t.Fatalf("%d bytes are a header of %d, all of them %d, %v", cut, pn, n, err)
			case perr != nil && perr != ErrIncomplete && err == nil:
				t.Fatalf("%d bytes: %v, but all of them are a header", cut, perr)
			case perr != nil && perr != ErrIncomplete && err == ErrIncomplete:
				t.Fatalf("%d bytes: %v, but all of them are incomplete", cut, perr)
			}
		}
	})
}
