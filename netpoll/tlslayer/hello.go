package tlslayer

import (
	"encoding/binary"
	"fmt"
)

const (
	recordHeader    = 5
	recordHandshake = 22
	recordMax       = 16 << 10 // of a record that is not encrypted
	messageHeader   = 4
	clientHello     = 1
	helloMax        = 64 << 10 // crypto/tls takes no larger message
)

// helloWhole reports whether b begins with a whole ClientHello, which may be spread over several records. The error says that it is
// none and never will be: so a client that speaks plain MQTT, or nothing but bytes one at a time, costs no worker.
func helloWhole(b []byte) (bool, error) {
	var header [messageHeader]byte // of the message, which records may cut anywhere
	have := 0                      // bytes of the message so far
	for {
		if len(b) > 0 && b[0] != recordHandshake {
			return false, fmt.Errorf("first byte of a TLS record is %#02x, want %#02x, a handshake", b[0], recordHandshake)
		}
		if len(b) > 1 && b[1] != 3 {
			return false, fmt.Errorf("TLS record of major version %d, want 3", b[1])
		}
		if len(b) < recordHeader {
			return false, nil
		}
		n := int(binary.BigEndian.Uint16(b[3:]))
		if n == 0 || n > recordMax {
			return false, fmt.Errorf("TLS record of %d bytes in a ClientHello, want 1 to %d", n, recordMax)
		}
		body := b[recordHeader:min(recordHeader+n, len(b))]
		if have < messageHeader {
			copy(header[have:], body)
		}
		have += len(body)
		if have > 0 && header[0] != clientHello {
			return false, fmt.Errorf("first TLS message is of type %d, want %d, a ClientHello", header[0], clientHello)
		}
		if have >= messageHeader {
			size := int(header[1])<<16 | int(binary.BigEndian.Uint16(header[2:]))
			switch {
			case size > helloMax:
				return false, fmt.Errorf("ClientHello of %d bytes, want at most %d", size, helloMax)
			case have >= messageHeader+size:
				return true, nil
			}
		}
		if len(body) < n {
			return false, nil
		}
		b = b[recordHeader+n:]
	}
}
