package session_test

import (
	"fmt"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/bench"
)

// BenchmarkFeed sends 100,000 retained messages to one subscriber: with QoS 0 a page after the other, with QoS 1 as its window of 20 has
// room, in which the time includes the acknowledgements.
func BenchmarkFeed(b *testing.B) {
	br := bench.New(b, 1, nil)
	retainMany(br, "r", largeFeed, 64, 1)
	for qos := range byte(2) {
		b.Run(fmt.Sprintf("qos=%d/messages=%d", qos, largeFeed), func(b *testing.B) {
			b.ReportAllocs()
			rounds := 0
			for b.Loop() {
				rounds++
				c := br.Connect(codec.V311, "c")
				c.Send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("#"), QoS: qos}}})
				c.Peer.Take()
				for n := 20; qos == 1 && n <= largeFeed; n += 20 {
					var acks []byte
					for id := n - 19; id <= n; id++ {
						acks = codec.AppendAck(acks, codec.PUBACK, codec.V311, &codec.Ack{PacketID: uint16((id-1)%65535 + 1)})
					}
					c.Raw(acks)
					c.Peer.Take()
				}
				c.Hangup()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds*largeFeed), "ns/message")
		})
	}
}
