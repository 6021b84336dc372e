package admin

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
)

// benchSessions is how many sessions BenchmarkSessionShow has. What is promised is for a million, which take a minute or two to make:
//
//	go test ./engine/admin -run '^$' -bench SessionShow -sessions 1000000
var benchSessions = flag.Int("sessions", 20000, "sessions of BenchmarkSessionShow")

// pinger measures how long a connected client waits for its PINGRESP, over and over, until stop is closed.
func pinger(b *testing.B, conn net.Conn, stop <-chan struct{}) (p50, p99 time.Duration) {
	ping, answer := codec.AppendPingreq(nil), make([]byte, 2)
	var all []time.Duration
	for {
		select {
		case <-stop:
			slices.Sort(all)
			if len(all) == 0 {
				return 0, 0
			}
			return all[len(all)/2], all[len(all)*99/100]
		default:
		}
		begin := time.Now()
		if _, err := conn.Write(ping); err != nil {
			b.Error(err)
			return 0, 0
		}
		if _, err := io.ReadFull(conn, answer); err != nil {
			b.Error(err)
			return 0, 0
		}
		all = append(all, time.Since(begin))
	}
}

// BenchmarkSessionShow shows the one session of all that a filter wants, a page of them, and one that is named, while a connected client
// measures what it feels of that.
func BenchmarkSessionShow(b *testing.B) {
	broker, err := engine.New(engine.Options{
		Loops: 2, Settings: &session.Settings{AllowAnonymous: true, MaxClientIDSize: 23}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := broker.Start(); err != nil {
		b.Fatal(err)
	}
	defer broker.Stop(b.Context())
	path := filepath.Join(b.TempDir(), "s")
	if _, err := broker.Listen(engine.ListenerOptions{Network: "unix", Address: path}); err != nil {
		b.Fatal(err)
	}
	connect := func(id string, clean bool) net.Conn {
		conn, err := net.Dial("unix", path)
		if err != nil {
			b.Fatal(err)
		}
		conn.Write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V311, ClientID: []byte(id), CleanStart: clean}))
		if _, err := io.ReadFull(conn, make([]byte, 4)); err != nil {
			b.Fatal(err)
		}
		return conn
	}
	for i := range *benchSessions {
		connect(fmt.Sprint("c", i), false).Close()
	}
	client := connect("pinger", true)
	defer client.Close()
	c := New(Options{Broker: func() *engine.Broker { return broker }, NodeName: "VerneMQ@127.0.0.1"})
	for _, x := range []struct {
		name string
		line []string
	}{
		{"none", nil},
		{"filter", []string{"session", "show", "--user=nobody"}},
		{"page", []string{"session", "show"}},
		{"client", []string{"session", "show", "--client_id=c77"}},
	} {
		b.Run("show="+x.name, func(b *testing.B) {
			stop, done := make(chan struct{}), make(chan struct{})
			var p50, p99 time.Duration
			go func() {
				defer close(done)
				p50, p99 = pinger(b, client, stop)
			}()
			for b.Loop() {
				if x.line == nil {
					<-time.After(10 * time.Millisecond)
					continue
				}
				if _, err := c.Run(b.Context(), x.line, nil); err != nil {
					b.Fatal(err)
				}
			}
			close(stop)
			<-done
			b.ReportMetric(float64(p50.Microseconds()), "p50-ping-µs")
			b.ReportMetric(float64(p99.Microseconds()), "p99-ping-µs")
		})
	}
}
