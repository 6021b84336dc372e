package codec

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Printable forms for traces and tests. They allocate, and nothing that serves a client calls them. Passwords and
// authentication data are never shown, only their length; of a payload the first bytes are.

// shownPayload is how many bytes of a payload a trace line shows: one line of a terminal.
const shownPayload = 64

var packetNames = [16]string{"RESERVED", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP",
	"SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"}

// String returns the name of the packet type as the standard writes it.
func (t PacketType) String() string {
	if int(t) < len(packetNames) {
		return packetNames[t]
	}
	return "PacketType " + strconv.Itoa(int(t))
}

// String returns "3.1", "3.1.1" or "5".
func (v Version) String() string {
	switch v {
	case V31:
		return "3.1"
	case V311:
		return "3.1.1"
	case V5:
		return "5"
	}
	return "Version " + strconv.Itoa(int(v))
}

// line builds a printable packet: its type, then fields with a space before each.
type line struct{ strings.Builder }

func newLine(t PacketType) *line {
	l := new(line)
	l.WriteString(t.String())
	return l
}

func (l *line) add(format string, args ...any) *line {
	l.WriteByte(' ')
	fmt.Fprintf(l, format, args...)
	return l
}

func (l *line) flag(set bool, name string) *line {
	if set {
		l.add("%s", name)
	}
	return l
}

func (l *line) payload(b []byte) *line {
	if len(b) > shownPayload {
		return l.add("payload=%q… (%d bytes)", b[:shownPayload], len(b))
	}
	return l.add("payload=%q", b)
}

func (l *line) props(p *Properties) *line {
	if !p.Empty() {
		l.add("%s", p)
	}
	return l
}

// String returns the frame's type, flags and size.
func (f Frame) String() string {
	return newLine(f.Type).add("flags=%#x", f.Flags).add("body=%d", len(f.Body)).Builder.String()
}

// String returns one line with all fields but the password.
func (p *Connect) String() string {
	l := newLine(CONNECT).add("version=%s", p.Version).flag(p.Bridge, "bridge").flag(p.CleanStart, "clean").
		add("keepalive=%d", p.KeepAlive).add("client=%q", p.ClientID)
	if p.HasUsername {
		l.add("user=%q", p.Username)
	}
	if p.HasPassword {
		l.add("password=(%d bytes)", len(p.Password))
	}
	l.props(&p.Props)
	if w := &p.Will; p.HasWill {
		l.add("will: qos=%d", w.QoS).flag(w.Retain, "retain").add("topic=%q", w.Topic).payload(w.Payload).props(&w.Props)
	}
	return l.Builder.String()
}

// String returns one line with all fields. The code is shown as a number because its name depends on the version.
func (p *Connack) String() string {
	return newLine(CONNACK).flag(p.SessionPresent, "session-present").add("code=%#02x", byte(p.Code)).props(&p.Props).Builder.String()
}

// String returns one line with all fields, and the payload's first bytes.
func (p *Publish) String() string {
	l := newLine(PUBLISH).flag(p.Dup, "dup").flag(p.Retain, "retain").add("qos=%d", p.QoS)
	if p.QoS != 0 {
		l.add("id=%d", p.PacketID)
	}
	return l.add("topic=%q", p.Topic).payload(p.Payload).props(&p.Props).Builder.String()
}

// String returns one line with all fields. An Ack does not know which of its four types it is.
func (p *Ack) String() string {
	l := new(line)
	l.WriteString("ACK")
	return l.add("id=%d", p.PacketID).add("code=%#02x", byte(p.Code)).props(&p.Props).Builder.String()
}

// String returns one line with all fields.
func (p *Subscribe) String() string {
	l := newLine(SUBSCRIBE).add("id=%d", p.PacketID)
	for i := range p.Subscriptions {
		s := &p.Subscriptions[i]
		l.add("%q:qos=%d", s.Filter, s.QoS)
		if s.NoLocal {
			l.WriteString(",no-local")
		}
		if s.RetainAsPublished {
			l.WriteString(",retain-as-published")
		}
		if s.RetainHandling != 0 {
			fmt.Fprintf(l, ",retain-handling=%d", s.RetainHandling)
		}
	}
	return l.props(&p.Props).Builder.String()
}

// String returns one line with all fields.
func (p *Suback) String() string {
	return newLine(SUBACK).add("id=%d", p.PacketID).add("codes=%#x", p.Codes).props(&p.Props).Builder.String()
}

// String returns one line with all fields.
func (p *Unsubscribe) String() string {
	return newLine(UNSUBSCRIBE).add("id=%d", p.PacketID).add("%q", p.Filters).props(&p.Props).Builder.String()
}

// String returns one line with all fields.
func (p *Unsuback) String() string {
	return newLine(UNSUBACK).add("id=%d", p.PacketID).add("codes=%#x", p.Codes).props(&p.Props).Builder.String()
}

// String returns one line with all fields.
func (p *Disconnect) String() string {
	return newLine(DISCONNECT).add("code=%#02x", byte(p.Code)).props(&p.Props).Builder.String()
}

// String returns one line with all fields but the authentication data.
func (p *Auth) String() string {
	return newLine(AUTH).add("code=%#02x", byte(p.Code)).props(&p.Props).Builder.String()
}

// String returns the properties by name in the order of their identifiers, as in {Topic Alias=3, Content Type="text"}.
func (p *Properties) String() string {
	var b strings.Builder
	b.WriteByte('{')
	item := func(id PropertyID, format string, args ...any) {
		if b.Len() > 1 {
			b.WriteString(", ")
		}
		b.WriteString(id.String())
		fmt.Fprintf(&b, format, args...)
	}
	for left := p.present; left != 0; left &= left - 1 {
		id := PropertyID(bits.TrailingZeros64(uint64(left)))
		switch id.kind() {
		case kindByte:
			item(id, "=%d", *p.byteField(id))
		case kindU16:
			item(id, "=%d", *p.u16Field(id))
		case kindU32:
			item(id, "=%d", *p.u32Field(id))
		case kindVarint:
			for v := range p.SubscriptionIDs {
				item(id, "=%d", v)
			}
		case kindString, kindBinary:
			if id == PropAuthData {
				item(id, "=(%d bytes)", len(p.AuthData))
				continue
			}
			item(id, "=%q", *p.bytesField(id))
		case kindPair:
			for k, v := range p.UserProperties {
				item(id, " %q=%q", k, v)
			}
		}
	}
	b.WriteByte('}')
	return b.String()
}
