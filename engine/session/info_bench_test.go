package session_test

import (
	"fmt"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// BenchmarkInfo is what one session costs its loop when an operator looks.
func BenchmarkInfo(b *testing.B) {
	for _, d := range []session.Detail{{}, {Subscriptions: 10}, {Messages: 10}} {
		b.Run(fmt.Sprintf("subscriptions=%d/messages=%d", d.Subscriptions, d.Messages), func(b *testing.B) {
			x := bench.New(b, 1, nil)
			c := x.Connect(codec.V311, "c", bench.Persistent)
			p := x.Connect(codec.V311, "p")
			for i := range 10 {
				c.Subscribe(fmt.Sprint("a", i), 1)
			}
			for i := range 10 {
				p.Send(bench.Publish(fmt.Sprint("a", i), "payload", 1, 1))
			}
			var record *session.Client
			x.Broker.Each(func(r *session.Client) {
				if r.ID == "c" {
					record = r
				}
			})
			local := x.Broker.Local(record.Home())
			b.ReportAllocs()
			for b.Loop() {
				if info, ok := record.Info(local, d); !ok || info.ClientID != "c" {
					b.Fatal("not described")
				}
			}
		})
	}
}
