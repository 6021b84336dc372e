package trace

import (
	"strings"

	"github.com/vernemq/vmq/codec"
)

// frameOf takes a packet apart that the broker wrote, whose payload may be missing at its end, so that its length says too much.
func frameOf(packet []byte) codec.Frame {
	const more = 0x80 // of a byte of the length: another one follows
	n := 1
	for n < len(packet) && packet[n]&more != 0 {
		n++
	}
	n = min(n+1, len(packet))
	return codec.Frame{Type: codec.PacketType(packet[0] >> 4), Flags: packet[0] & 0x0F, Body: packet[n:]}
}

// packet adds a packet. payload is that of a PUBLISH where it does not stand in the frame. One that breaks the rules is shown as
// what it is: the reason, and its first bytes.
func (e *event) packet(f codec.Frame, payload []byte) {
	begin := e.Len()
	if err := e.parsed(f, payload); err != nil {
		head := e.String()[:begin]
		e.Reset()
		e.WriteString(head)
		e.open(f.Type.String())
		e.close()
		e.detail("malformed: %v", err)
		e.payload("body", f.Body)
	}
}

func (e *event) parsed(f codec.Frame, payload []byte) error {
	v, name := e.client.Version, f.Type.String()
	switch f.Type {
	case codec.CONNECT:
		return e.connect(f.Body)
	case codec.CONNACK:
		var p codec.Connack
		if err := codec.ParseConnack(f.Body, v, &p); err != nil {
			return err
		}
		e.open(name)
		e.flag("sp", p.SessionPresent)
		if v == codec.V5 {
			e.code(p.Code, f.Type)
		} else {
			e.field("code", "%d", p.Code)
		}
		e.close()
		e.properties("properties", &p.Props)
	case codec.PUBLISH:
		var p codec.Publish
		if err := codec.ParsePublish(f.Body, v, f.Flags, &p); err != nil {
			return err
		}
		if payload != nil {
			p.Payload = payload
		}
		e.open(name)
		e.flag("dup", p.Dup)
		e.field("qos", "%d", p.QoS)
		e.flag("retain", p.Retain)
		e.field("id", "%d", p.PacketID)
		e.field("topic", "%q", p.Topic)
		e.close()
		e.payload("payload", p.Payload)
		e.properties("properties", &p.Props)
	case codec.PUBACK, codec.PUBREC, codec.PUBREL, codec.PUBCOMP:
		var p codec.Ack
		if err := codec.ParseAck(f.Type, f.Body, v, &p); err != nil {
			return err
		}
		e.open(name)
		e.field("id", "%d", p.PacketID)
		if v == codec.V5 {
			e.code(p.Code, f.Type)
		}
		e.close()
		e.properties("properties", &p.Props)
	case codec.SUBSCRIBE:
		return e.subscribe(f.Body)
	case codec.SUBACK:
		var p codec.Suback
		if err := codec.ParseSuback(f.Body, v, &p); err != nil {
			return err
		}
		e.codes(f.Type, p.PacketID, p.Codes)
		e.properties("properties", &p.Props)
	case codec.UNSUBSCRIBE:
		var p codec.Unsubscribe
		if err := codec.ParseUnsubscribe(f.Body, v, &p); err != nil {
			return err
		}
		e.open(name)
		e.field("id", "%d", p.PacketID)
		e.close()
		e.list(len(p.Filters), func(i int) { e.detail("%q", p.Filters[i]) })
		e.properties("properties", &p.Props)
	case codec.UNSUBACK:
		var p codec.Unsuback
		if err := codec.ParseUnsuback(f.Body, v, &p); err != nil {
			return err
		}
		e.codes(f.Type, p.PacketID, p.Codes)
		e.properties("properties", &p.Props)
	case codec.DISCONNECT:
		var p codec.Disconnect
		if err := codec.ParseDisconnect(f.Body, v, &p); err != nil {
			return err
		}
		e.open(name)
		if v == codec.V5 {
			e.code(p.Code, f.Type)
		}
		e.close()
		e.properties("properties", &p.Props)
	case codec.AUTH:
		var p codec.Auth
		if err := codec.ParseAuth(f.Body, v, &p); err != nil {
			return err
		}
		e.open(name)
		e.code(p.Code, f.Type)
		e.close()
		e.properties("properties", &p.Props)
	default:
		e.open(name)
		e.close()
	}
	return nil
}

func (e *event) connect(body []byte) error {
	var p codec.Connect
	if err := codec.ParseConnect(body, &p); err != nil {
		return err
	}
	e.open(codec.CONNECT.String())
	e.field("client", "%q", p.ClientID)
	e.field("version", "%s", p.Version)
	e.credentials(p.Username, p.HasUsername, p.HasPassword)
	e.flag("clean", p.CleanStart)
	e.field("keepalive", "%d", p.KeepAlive)
	e.close()
	if p.HasWill {
		e.detail("will(qos: %d, retain: %t, topic: %q)", p.Will.QoS, p.Will.Retain, p.Will.Topic)
		e.payload("will payload", p.Will.Payload)
		e.properties("will properties", &p.Will.Props)
	}
	e.properties("properties", &p.Props)
	return nil
}

func (e *event) subscribe(body []byte) error {
	var p codec.Subscribe
	v := e.client.Version
	if err := codec.ParseSubscribe(body, v, &p); err != nil {
		return err
	}
	e.open(codec.SUBSCRIBE.String())
	e.field("id", "%d", p.PacketID)
	e.close()
	e.list(len(p.Subscriptions), func(i int) {
		s := &p.Subscriptions[i]
		e.detail("qos: %d, filter: %q", s.QoS, s.Filter)
		if v == codec.V5 {
			e.printf(", no_local: %t, rap: %t, retain_handling: %d", s.NoLocal, s.RetainAsPublished, s.RetainHandling)
		}
	})
	e.properties("properties", &p.Props)
	return nil
}

// codes adds SUBACK or UNSUBACK. Before MQTT 5 a SUBACK has the granted QoS of each filter, and one word for those refused.
func (e *event) codes(t codec.PacketType, id uint16, codes []byte) {
	e.open(t.String())
	e.field("id", "%d", id)
	if e.client.Version != codec.V5 && t == codec.UNSUBACK {
		e.close()
		return
	}
	var words []string
	for _, b := range codes[:min(len(codes), listMax)] {
		c := codec.ReasonCode(b)
		switch {
		case e.client.Version == codec.V5:
			words = append(words, codeText(c, t))
		case c.Failed():
			words = append(words, "not_allowed")
		default:
			words = append(words, string('0'+b))
		}
	}
	if len(codes) > listMax {
		words = append(words, "…")
	}
	e.field("codes", "[%s]", strings.Join(words, ", "))
	e.close()
}
