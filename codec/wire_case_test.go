package codec

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A wireCase is one packet in bytes and what becomes of it. wire is written for people:
//
//	10        hex bytes, any number of them
//	"topic"   a string field: its two length bytes, then the text
//	'text'    the text alone
//	[ … ]     all between the brackets with its length before it, as a variable byte integer
//
// Either bad is the error that decoding must return, or want is how the decoded packet prints. A valid packet is then
// encoded again: into the same bytes, or into those of again where the case is not written in the shortest way.
type wireCase struct {
	name  string
	v     Version
	from  Sender
	wire  string
	want  string
	again string
	bad   *Error
	code  ReasonCode
}

// bytesOf translates the notation of wireCase.
func bytesOf(t testing.TB, wire string) []byte {
	t.Helper()
	b, rest := parseWire(t, wire)
	if rest != "" {
		t.Fatalf("wire %q: closing bracket without an opening one", wire)
	}
	return b
}

func parseWire(t testing.TB, s string) (out []byte, rest string) {
	t.Helper()
	for s != "" {
		c := s[0]
		switch c {
		case ' ', '\t', '\n':
			s = s[1:]
		case ']':
			return out, s
		case '[':
			var in []byte
			in, s = parseWire(t, s[1:])
			if s == "" {
				t.Fatal("wire: bracket not closed")
			}
			s = s[1:]
			out = append(appendVarint(out, uint32(len(in))), in...)
		case '"', '\'':
			text, after, ok := strings.Cut(s[1:], string(c))
			if !ok {
				t.Fatalf("wire: quote not closed: %s", s)
			}
			if c == '"' {
				out = append(out, byte(len(text)>>8), byte(len(text)))
			}
			out = append(out, text...)
			s = after
		default:
			end := strings.IndexAny(s, " \t\n[]\"'")
			if end < 0 {
				end = len(s)
			}
			b, err := hex.DecodeString(s[:end])
			if err != nil {
				t.Fatalf("wire: %q: %v", s[:end], err)
			}
			out = append(out, b...)
			s = s[end:]
		}
	}
	return out, ""
}

// runCases checks each case by decoding, printing and encoding.
func runCases(t *testing.T, cases []wireCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s/v=%s", c.name, c.v), func(t *testing.T) {
			wire := bytesOf(t, c.wire)
			p, err := decode(wire, c.v, c.from)
			if c.bad != nil {
				if !errors.Is(err, c.bad) {
					t.Fatalf("% x: error %v, want %v", wire, err, c.bad)
				}
				if c.bad.Code != c.code {
					t.Fatalf("error %v has code %#x, want %#x", c.bad, byte(c.bad.Code), byte(c.code))
				}
				return
			}
			if err != nil {
				t.Fatalf("% x: %v", wire, err)
			}
			if got := fmt.Sprint(p.packet); got != c.want {
				t.Fatalf("% x decodes to\n\t%s, want\n\t%s", wire, got, c.want)
			}
			again := wire
			if c.again != "" {
				again = bytesOf(t, c.again)
			}
			if got := p.encode(nil); !bytes.Equal(got, again) {
				t.Fatalf("encodes to\n\t% x, want\n\t% x", got, again)
			}
			const before = "bytes of another packet"
			dst := append(make([]byte, 0, len(before)+len(again)), before...)
			if got := p.encode(dst); string(got) != before+string(again) {
				t.Fatalf("appended to %q: % x", before, got)
			}
			if &dst[0] != &p.encode(dst)[0] {
				t.Fatal("append moved a destination that has room for the packet")
			}
		})
	}
}

// allCases are the packets of all tables, for the checks that hold for every packet and as seeds of the fuzz targets.
func allCases() []wireCase {
	return slices.Concat(connectCases, connackCases, publishCases, ackCases, subscribeCases, subackCases, unsubscribeCases,
		unsubackCases, pingCases, disconnectCases, authCases, propertyCases())
}

// decoded is a packet of any type with what its functions want to know.
type decoded struct {
	t      PacketType
	flags  byte
	v      Version
	from   Sender
	packet any // nil for PINGREQ and PINGRESP
}

// decode takes the one packet that wire must hold through frame, parse and check.
func decode(wire []byte, v Version, from Sender) (*decoded, error) {
	f, n, err := NextFrame(wire, 0)
	if err != nil {
		return nil, err
	}
	if n != len(wire) {
		return nil, fmt.Errorf("the packet takes %d bytes of %d", n, len(wire))
	}
	return decodeBody(f, v, from)
}

func decodeBody(f Frame, v Version, from Sender) (*decoded, error) {
	d := &decoded{t: f.Type, flags: f.Flags, v: v, from: from}
	var err error
	switch f.Type {
	case CONNECT:
		p := new(Connect)
		d.packet = p
		if err = ParseConnect(f.Body, p); err == nil {
			d.v = p.Version
			err = p.Check()
		}
	case CONNACK:
		p := new(Connack)
		d.packet = p
		if err = ParseConnack(f.Body, v, p); err == nil {
			err = p.Check(v)
		}
	case PUBLISH:
		p := new(Publish)
		d.packet = p
		if err = ParsePublish(f.Body, v, f.Flags, p); err == nil {
			err = p.Check(v, from)
		}
	case PUBACK, PUBREC, PUBREL, PUBCOMP:
		p := new(Ack)
		d.packet = p
		if err = ParseAck(f.Type, f.Body, v, p); err == nil {
			err = p.Check(f.Type, v)
		}
	case SUBSCRIBE:
		p := new(Subscribe)
		d.packet = p
		if err = ParseSubscribe(f.Body, v, p); err == nil {
			err = p.Check(v)
		}
	case SUBACK:
		p := new(Suback)
		d.packet = p
		if err = ParseSuback(f.Body, v, p); err == nil {
			err = p.Check(v)
		}
	case UNSUBSCRIBE:
		p := new(Unsubscribe)
		d.packet = p
		if err = ParseUnsubscribe(f.Body, v, p); err == nil {
			err = p.Check(v)
		}
	case UNSUBACK:
		p := new(Unsuback)
		d.packet = p
		if err = ParseUnsuback(f.Body, v, p); err == nil {
			err = p.Check(v)
		}
	case PINGREQ, PINGRESP:
		d.packet = f.Type
		err = CheckEmpty(f.Body)
	case DISCONNECT:
		p := new(Disconnect)
		d.packet = p
		if err = ParseDisconnect(f.Body, v, p); err == nil {
			err = p.Check(v, from)
		}
	case AUTH:
		p := new(Auth)
		d.packet = p
		if err = ParseAuth(f.Body, v, p); err == nil {
			err = p.Check(v, from)
		}
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// encode appends the packet to dst.
func (d *decoded) encode(dst []byte) []byte {
	switch p := d.packet.(type) {
	case *Connect:
		return AppendConnect(dst, p)
	case *Connack:
		return AppendConnack(dst, d.v, p)
	case *Publish:
		return AppendPublish(dst, d.v, p)
	case *Ack:
		return AppendAck(dst, d.t, d.v, p)
	case *Subscribe:
		return AppendSubscribe(dst, d.v, p)
	case *Suback:
		return AppendSuback(dst, d.v, p)
	case *Unsubscribe:
		return AppendUnsubscribe(dst, d.v, p)
	case *Unsuback:
		return AppendUnsuback(dst, d.v, p)
	case *Disconnect:
		return AppendDisconnect(dst, d.v, p)
	case *Auth:
		return AppendAuth(dst, d.v, p)
	}
	if d.t == PINGREQ {
		return AppendPingreq(dst)
	}
	return AppendPingresp(dst)
}

// full prints the packet with all that String keeps to itself.
func (d *decoded) full() string {
	s := fmt.Sprint(d.packet)
	switch p := d.packet.(type) {
	case *Connect:
		return fmt.Sprintf("%s %q %d %q %q %q %q", s, p.ProtocolName, p.Level, p.Username, p.Password, p.Will.Payload, authData(&p.Props))
	case *Connack:
		return s + authData(&p.Props)
	case *Publish:
		return fmt.Sprintf("%s %d %q", s, p.PacketID, p.Payload)
	case *Auth:
		return s + authData(&p.Props)
	}
	return s
}

func authData(p *Properties) string {
	if p.Has(PropAuthData) {
		return fmt.Sprintf(" %q", p.AuthData)
	}
	return ""
}

// TestTruncated cuts every valid packet at every byte. What NextFrame gets is incomplete; what a parser gets, under a fixed
// header that says the shorter length, is an error or a shorter packet that encodes and decodes to itself.
func TestTruncated(t *testing.T) {
	errs, shorter := 0, 0
	for _, c := range allCases() {
		if c.bad != nil {
			continue
		}
		wire := bytesOf(t, c.wire)
		for cut := range wire {
			if _, n, err := NextFrame(wire[:cut], 0); n != 0 || err != nil {
				t.Fatalf("%s: first %d bytes of % x: %d bytes, error %v; want incomplete", c.name, cut, wire, n, err)
			}
		}
		f, _, err := NextFrame(wire, 0)
		if err != nil {
			t.Fatal(err)
		}
		whole := f.Body
		for cut := range whole {
			// A copy of its own length makes a read behind the cut panic.
			f.Body = bytes.Clone(whole[:cut])
			d, err := decodeBody(f, c.v, c.from)
			if err != nil {
				errs++
				continue
			}
			shorter++
			if f.Type == CONNECT || f.Type == CONNACK || f.Type == PUBACK && c.v != V5 {
				t.Fatalf("%s: body cut to % x decodes to %v; this packet has no optional end", c.name, f.Body, d.packet)
			}
			again, err := decode(d.encode(nil), d.v, d.from)
			if err != nil || again.full() != d.full() {
				t.Fatalf("%s: body cut to % x: %s, and again %v, %v", c.name, f.Body, d.full(), again, err)
			}
		}
	}
	if errs == 0 || shorter == 0 {
		t.Fatalf("%d errors, %d shorter packets: the cuts reached only one kind", errs, shorter)
	}
}

// TestParsingAliases overwrites the wire of every valid packet after it was decoded: a packet that still reads the same has
// copied something, unless it has no slices.
func TestParsingAliases(t *testing.T) {
	changed := 0
	for _, c := range allCases() {
		if c.bad != nil {
			continue
		}
		wire := bytesOf(t, c.wire)
		d, err := decode(wire, c.v, c.from)
		if err != nil {
			t.Fatal(err)
		}
		switch p := d.packet.(type) {
		case *Publish:
			if got := cap(p.Topic); got != len(p.Topic) {
				t.Errorf("%s: topic of %d bytes has capacity %d: an append to it would overwrite the payload", c.name, len(p.Topic), got)
			}
		case *Suback, *Subscribe, *Unsubscribe, *Connect:
		default:
			continue
		}
		before := d.full()
		for i := range wire {
			if wire[i] == '"' {
				wire[i] = '!'
			} else {
				wire[i] = '"'
			}
		}
		if d.full() == before {
			t.Errorf("%s: the packet does not alias its wire: %s", c.name, before)
		}
		changed++
	}
	if changed < 20 {
		t.Fatalf("only %d packets with slices", changed)
	}
}
