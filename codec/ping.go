package codec

// CheckEmpty enforces that a PINGREQ or PINGRESP has no body; there is nothing else to parse in them.
func CheckEmpty(body []byte) error {
	if len(body) != 0 { // §3.12, §3.13
		return errNotEmpty
	}
	return nil
}

// AppendPingreq appends a PINGREQ to dst.
func AppendPingreq(dst []byte) []byte { return append(dst, byte(PINGREQ)<<4, 0) }

// AppendPingresp appends a PINGRESP to dst.
func AppendPingresp(dst []byte) []byte { return append(dst, byte(PINGRESP)<<4, 0) }
