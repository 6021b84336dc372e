package model

import (
	"fmt"
	"strings"
	"time"

	"github.com/vernemq/vmq/codec"
)

// The lines are those of codec's String methods, written a second time from what the model knows.

func publishLine(b *broker, v codec.Version, f flight, dup bool) string {
	var s strings.Builder
	s.WriteString("PUBLISH")
	if dup {
		s.WriteString(" dup")
	}
	if f.item.retain {
		s.WriteString(" retain")
	}
	fmt.Fprintf(&s, " qos=%d", f.item.qos)
	if f.item.qos > 0 {
		fmt.Fprintf(&s, " id=%d", f.packet)
	}
	fmt.Fprintf(&s, " topic=%q payload=%q", f.topic, f.payload)
	var props []string
	if v == codec.V5 {
		if f.deadline > 0 {
			props = append(props, fmt.Sprintf("Message Expiry Interval=%d", max(1, (f.deadline-b.now)/time.Second)))
		}
		if f.item.id > 0 {
			props = append(props, fmt.Sprintf("Subscription Identifier=%d", f.item.id))
		}
	}
	if len(props) > 0 {
		fmt.Fprintf(&s, " {%s}", strings.Join(props, ", "))
	}
	return s.String()
}

// publishSize is the length of the packet for an MQTT 5 client.
func publishSize(b *broker, f flight) int {
	p := codec.Publish{QoS: f.item.qos, Topic: []byte(f.topic), Payload: []byte(f.payload)}
	if f.deadline > 0 {
		p.Props.SetMessageExpiry(1)
	}
	if f.item.id > 0 {
		p.Props.AddSubscriptionID(f.item.id)
	}
	return len(codec.AppendPublish(nil, codec.V5, &p))
}

func ackLine(t codec.PacketType, id uint16, code codec.ReasonCode) string {
	return fmt.Sprintf("%s id=%d code=0x%02x", t, id, byte(code))
}

func subackLine(id uint16, codes []byte) string {
	return fmt.Sprintf("SUBACK id=%d codes=%#x", id, codes)
}

func unsubackLine(v codec.Version, id uint16, codes []byte) string {
	if v != codec.V5 {
		codes = nil
	}
	return fmt.Sprintf("UNSUBACK id=%d codes=%#x", id, codes)
}

func connackLine(present bool, props ...string) string {
	s := "CONNACK"
	if present {
		s += " session-present"
	}
	s += " code=0x00"
	if len(props) > 0 {
		s += " {" + strings.Join(props, ", ") + "}"
	}
	return s
}

func disconnectLine(code codec.ReasonCode) string {
	return fmt.Sprintf("DISCONNECT code=0x%02x", byte(code))
}
