package codec

import "encoding/binary"

var (
	errUnknownProperty   = &Error{MalformedPacket, "", "property: unknown identifier"}
	errDuplicateProperty = &Error{ProtocolError, "", "property: more than once"}
)

// parse reads the property length and the properties from b and returns what follows them. It forgets whatever p held. Only
// here can unknown and duplicate properties be seen; all other rules are those of check.
func (p *Properties) parse(b []byte) (rest []byte, err *Error) {
	p.present = 0
	if len(b) > 0 && b[0] == 0 { // most packets have none
		return b[1:], nil
	}
	length, size, err := strictVarint(b)
	if err != nil {
		return nil, err
	}
	b = b[size:]
	if len(b) < int(length) {
		return nil, errTruncated
	}
	block := b[:length:length]
	if err := p.parseBlock(block); err != nil {
		p.present = 0 // so that nobody walks a block that ends in the middle
		return nil, err
	}
	return b[length:], nil
}

func (p *Properties) parseBlock(block []byte) *Error {
	for b := block; len(b) > 0; {
		here := b
		id := PropertyID(b[0])
		kind := id.kind()
		if kind == kindNone {
			return errUnknownProperty
		}
		again := p.Has(id)
		if again && repeatable&id.bit() == 0 {
			return errDuplicateProperty
		}
		p.present |= id.bit()
		b = b[1:]
		switch kind {
		case kindByte:
			if len(b) < 1 {
				return errTruncated
			}
			*p.byteField(id) = b[0]
			b = b[1:]
		case kindU16:
			if len(b) < 2 {
				return errTruncated
			}
			*p.u16Field(id) = binary.BigEndian.Uint16(b)
			b = b[2:]
		case kindU32:
			if len(b) < 4 {
				return errTruncated
			}
			*p.u32Field(id) = binary.BigEndian.Uint32(b)
			b = b[4:]
		case kindVarint:
			v, size, err := strictVarint(b)
			if err != nil {
				return err
			}
			if !again {
				p.SubscriptionID = v
				p.subscriptions.reset(here)
			}
			b = b[size:]
		case kindString, kindBinary:
			v, rest, ok := cutBytes(b)
			if !ok {
				return errTruncated
			}
			*p.bytesField(id) = v
			b = rest
		case kindPair:
			_, rest, ok := cutBytes(b)
			if !ok {
				return errTruncated
			}
			if _, rest, ok = cutBytes(rest); !ok {
				return errTruncated
			}
			if !again {
				p.users.reset(here)
			}
			b = rest
		}
	}
	return nil
}

// ParseForward takes the properties that AppendForward wrote; p aliases b. b must not come from elsewhere.
func (p *Properties) ParseForward(b []byte) {
	p.present = 0
	_ = p.parseBlock(b) // it is well-formed
}
