package session_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/internal/bench"
)

// BenchmarkForward measures a message from one client to another without sockets: read event, session, router, session, output. A
// read brings many messages, as it does from a publisher at full speed. The loops are those of the bench: their cost is in the figure.
func BenchmarkForward(b *testing.B) {
	const batch = 100
	for _, v := range []codec.Version{codec.V311, codec.V5} {
		for qos := range byte(2) {
			for _, loops := range []int{1, 2} {
				b.Run(fmt.Sprintf("v=%d/qos=%d/loops=%d", v, qos, loops), func(b *testing.B) {
					x := bench.New(b, loops, nil)
					s := x.Connect(v, "s")
					s.Subscribe("fleet/4711/state", qos)
					p := x.Connect(v, "p")
					var in, acks []byte
					for i := range batch {
						in = codec.AppendPublish(in, v, bench.Publish("fleet/4711/state", "64 bytes of payload, which is what most benchmarks of brokers use", qos, uint16(i+1)))
					}
					id := uint16(1) // of the next message that the subscriber gets
					b.ReportAllocs()
					for n := 0; n < b.N; n += batch {
						p.Peer.Send(in)
						if qos > 0 {
							// The window holds as many as the session allows, so a few rounds bring all.
							for left := batch; left > 0; {
								k := min(left, 20)
								acks = acks[:0]
								for range k {
									acks = codec.AppendAck(acks, codec.PUBACK, v, &codec.Ack{PacketID: id})
									if id++; id == 0 {
										id = 1
									}
								}
								s.Peer.Send(acks)
								left -= k
							}
						}
						s.Peer.Take()
						p.Peer.Take()
					}
					b.StopTimer()
					sent := x.Counters()
					if n := sent.TotalSent(byte(codec.PUBLISH)); n < uint64(b.N) {
						b.Fatalf("%d of %d messages arrived", n, b.N)
					}
				})
			}
		}
	}
}

// yes allows every publish, without the short way of hook.MayPublish.
type yes struct{}

func (yes) AuthOnPublish(context.Context, *hook.Publish) (*hook.PublishMods, error) { return nil, nil }

// BenchmarkAskedForward is BenchmarkForward of QoS 0 where a plugin is asked about each message: what it costs to ask, apart from the answer.
func BenchmarkAskedForward(b *testing.B) {
	const batch = 100
	x := bench.New(b, 1, nil)
	s := x.Connect(codec.V311, "s")
	s.Subscribe("fleet/4711/state", 0)
	p := x.Connect(codec.V311, "p")
	x.Broker.SetHooks(hook.New(hook.Plugin{Name: "yes", Impl: yes{}}))
	x.Fake.Run()
	var in []byte
	for range batch {
		in = codec.AppendPublish(in, codec.V311, bench.Publish("fleet/4711/state", "64 bytes of payload, which is what most benchmarks of brokers use", 0, 0))
	}
	b.ReportAllocs()
	for n := 0; n < b.N; n += batch {
		p.Peer.Send(in)
		s.Peer.Take()
	}
	b.StopTimer()
	sent := x.Counters()
	if n := sent.TotalSent(byte(codec.PUBLISH)); n < uint64(b.N) {
		b.Fatalf("%d of %d messages arrived", n, b.N)
	}
}
