package codec

import (
	"bytes"
	"fmt"
	"testing"
)

// benchProps are the property sets of the table: none, and what a typical request/response message carries.
func benchPublish(qos byte, payload int, props bool) *Publish {
	p := &Publish{QoS: qos, Topic: []byte("fleet/truck-4711/engine/temperature"), Payload: bytes.Repeat([]byte{'x'}, payload)}
	if qos > 0 {
		p.PacketID = 4711
	}
	if props {
		p.Props.SetPayloadFormat(1)
		p.Props.SetMessageExpiry(60)
		p.Props.SetContentType([]byte("application/json"))
		p.Props.AddUser([]byte("trace"), []byte("4bf92f3577b34da6"))
	}
	return p
}

func publishTable(b *testing.B, run func(b *testing.B, v Version, p *Publish)) {
	for _, v := range []Version{V31, V311, V5} {
		for _, props := range []bool{false, true} {
			if props && v != V5 {
				continue
			}
			for _, qos := range []byte{0, 1} {
				for _, payload := range []int{64, 1024, 65536} {
					b.Run(fmt.Sprintf("v=%s/props=%t/qos=%d/payload=%d", v, props, qos, payload), func(b *testing.B) {
						b.ReportAllocs()
						run(b, v, benchPublish(qos, payload, props))
					})
				}
			}
		}
	}
}

// BenchmarkDecodePublish is the budget of the package: frame, parse and check together.
func BenchmarkDecodePublish(b *testing.B) {
	publishTable(b, func(b *testing.B, v Version, p *Publish) {
		wire := AppendPublish(nil, v, p)
		var got Publish
		for b.Loop() {
			f, n, err := NextFrame(wire, 0)
			if err != nil || n != len(wire) {
				b.Fatal(n, err)
			}
			if err := ParsePublish(f.Body, v, f.Flags, &got); err != nil {
				b.Fatal(err)
			}
			if err := got.Check(v, FromClient); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAppendPublish(b *testing.B) {
	publishTable(b, func(b *testing.B, v Version, p *Publish) {
		dst := AppendPublish(nil, v, p)
		for b.Loop() {
			dst = AppendPublish(dst[:0], v, p)
		}
	})
}

// BenchmarkAppendPublishHead is what each delivery costs; the payload is not touched.
func BenchmarkAppendPublishHead(b *testing.B) {
	publishTable(b, func(b *testing.B, v Version, p *Publish) {
		h := PublishHead{QoS: p.QoS, PacketID: p.PacketID, Topic: p.Topic, PayloadLen: len(p.Payload)}
		h.Forward = p.Props.AppendForward(nil)
		if p.Props.Has(PropMessageExpiry) {
			h.HasExpiry, h.Expiry = true, p.Props.MessageExpiry
		}
		dst := AppendPublishHead(nil, v, &h)
		for b.Loop() {
			dst = AppendPublishHead(dst[:0], v, &h)
		}
	})
}

func BenchmarkAppendForward(b *testing.B) {
	for _, props := range []bool{false, true} {
		b.Run(fmt.Sprintf("props=%t", props), func(b *testing.B) {
			b.ReportAllocs()
			p := benchPublish(0, 0, props)
			var dst []byte
			for b.Loop() {
				dst = p.Props.AppendForward(dst[:0])
			}
		})
	}
}

func BenchmarkDecodeConnect(b *testing.B) {
	for _, v := range []Version{V31, V311, V5} {
		b.Run("v="+v.String(), func(b *testing.B) {
			b.ReportAllocs()
			p := &Connect{Version: v, CleanStart: true, KeepAlive: 60, ClientID: []byte("truck-4711"), HasUsername: true,
				HasPassword: true, Username: []byte("fleet"), Password: []byte("secret"), HasWill: true,
				Will: Will{Topic: []byte("fleet/truck-4711/online"), Payload: []byte("0"), QoS: 1, Retain: true}}
			p.Props.SetSessionExpiry(3600)
			p.Props.SetReceiveMaximum(20)
			wire := AppendConnect(nil, p)
			var got Connect
			for b.Loop() {
				f, _, err := NextFrame(wire, 0)
				if err != nil {
					b.Fatal(err)
				}
				if err := ParseConnect(f.Body, &got); err != nil {
					b.Fatal(err)
				}
				if err := got.Check(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecodeSubscribe(b *testing.B) {
	for _, v := range []Version{V311, V5} {
		for _, filters := range []int{1, 16} {
			b.Run(fmt.Sprintf("v=%s/filters=%d", v, filters), func(b *testing.B) {
				b.ReportAllocs()
				p := &Subscribe{PacketID: 7}
				for i := range filters {
					p.Subscriptions = append(p.Subscriptions, Subscription{Filter: fmt.Appendf(nil, "fleet/+/state/%d", i), QoS: 1})
				}
				wire := AppendSubscribe(nil, v, p)
				var got Subscribe
				for b.Loop() {
					f, _, err := NextFrame(wire, 0)
					if err != nil {
						b.Fatal(err)
					}
					if err := ParseSubscribe(f.Body, v, &got); err != nil {
						b.Fatal(err)
					}
					if err := got.Check(v); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkAck(b *testing.B) {
	for _, v := range []Version{V311, V5} {
		b.Run("decode/v="+v.String(), func(b *testing.B) {
			b.ReportAllocs()
			wire := AppendAck(nil, PUBACK, v, &Ack{PacketID: 4711})
			var got Ack
			for b.Loop() {
				f, _, err := NextFrame(wire, 0)
				if err != nil {
					b.Fatal(err)
				}
				if err := ParseAck(f.Type, f.Body, v, &got); err != nil {
					b.Fatal(err)
				}
				if err := got.Check(f.Type, v); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("append/v="+v.String(), func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			a := Ack{PacketID: 4711}
			for b.Loop() {
				dst = AppendAck(dst[:0], PUBACK, v, &a)
			}
		})
	}
}

// BenchmarkValidText shows what a topic costs by its length, and what the first byte above 0x7F adds.
func BenchmarkValidText(b *testing.B) {
	for _, size := range []int{4, 8, 16, 40, 200} {
		for _, ascii := range []bool{true, false} {
			b.Run(fmt.Sprintf("len=%d/ascii=%t", size, ascii), func(b *testing.B) {
				text := bytes.Repeat([]byte{'a'}, size)
				if !ascii {
					copy(text[size-2:], "ü")
				}
				for b.Loop() {
					if !validText(text) {
						b.Fatal(text)
					}
				}
			})
		}
	}
}
