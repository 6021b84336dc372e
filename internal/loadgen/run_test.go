package loadgen

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/loadgen/testbroker"
)

// small are the options of a run that is over soon: a fixed number of messages and no warm-up.
func small(p Pattern, port int) Options {
	o := Defaults(p)
	o.Port, o.Messages, o.WarmUp = port, 1000, 0
	o.Publishers, o.Subscribers, o.Connections = 4, 4, 20
	o.Drain = time.Minute // a run where everything arrives is over before
	if p == FanIn {
		o.Subscribers = 2
	}
	return o
}

// quiet is how long nothing must come for the rest to be counted as lost: longer than a busy machine stalls.
const quiet = 2 * time.Second

// mustRun runs o and fails the test when there is no report.
func mustRun(t *testing.T, o Options) *Report {
	t.Helper()
	r, err := Run(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPatterns runs each pattern in each version and QoS against a broker without faults: everything arrives once, in
// order, and is acknowledged.
func TestPatterns(t *testing.T) {
	for _, p := range Patterns[1:] {
		for _, v := range []codec.Version{codec.V31, codec.V311, codec.V5} {
			for qos := range byte(3) {
				if p.stored() && qos == 0 {
					continue
				}
				t.Run(fmt.Sprintf("pattern=%s/version=%s/qos=%d", p, versionName(v), qos), func(t *testing.T) {
					t.Parallel()
					o := small(p, testbroker.Start(t, testbroker.Faults{}).Port())
					o.Version, o.QoS = v, qos
					r := mustRun(t, o)
					m := r.Messages
					want := o.Messages * (&plan{opts: &o}).copies()
					if m.Sent != o.Messages || m.Expected != want || m.Received != want {
						t.Errorf("sent %d, expected %d, received %d; want %d, %d, %d",
							m.Sent, m.Expected, m.Received, o.Messages, want, want)
					}
					if !r.Clean() {
						t.Errorf("not clean: %+v, problems %q", *m, r.Problems)
					}
					if acked := m.Acknowledged; qos == 0 && acked != 0 || qos > 0 && acked != o.Messages {
						t.Errorf("%d acknowledged of %d with QoS %d", acked, o.Messages, qos)
					}
					if p.stored() {
						if r.Latency != nil || r.Stored.Messages != o.Messages || r.Delivered.Messages != want ||
							r.Stored.Rate <= 0 || r.Delivered.Rate <= 0 {
							t.Errorf("latency %+v, stored %+v, delivered %+v; want none, %d, %d", r.Latency, r.Stored, r.Delivered, o.Messages, want)
						}
					} else if r.Latency == nil || r.Latency.Count != want {
						t.Errorf("latency counts %+v, want %d", r.Latency, want)
					}
				})
			}
		}
	}
}

// TestFaultsAreCounted runs against brokers that make a known number of mistakes.
func TestFaultsAreCounted(t *testing.T) {
	// 4 subscribers, 1000 messages each: 4 pairs with 4000 messages together.
	tests := []struct {
		name                        string
		faults                      testbroker.Faults
		lost, duplicates, reordered uint64
	}{
		{"every tenth lost", testbroker.Faults{Drop: 10}, 400, 0, 0},
		{"every tenth twice", testbroker.Faults{Duplicate: 10}, 0, 400, 0},
		// The hundredth of each subscriber is held back until the next one comes; the thousandth has no next one.
		{"every hundredth late", testbroker.Faults{Swap: 100}, 4, 0, 36},
		{"all of it", testbroker.Faults{Drop: 10, Duplicate: 7, Swap: 501}, 400, 4 * 128, 4},
	}
	for _, tt := range tests {
		for qos := range byte(3) {
			t.Run(fmt.Sprintf("%s/qos=%d", tt.name, qos), func(t *testing.T) {
				t.Parallel()
				o := small(Pairs, testbroker.Start(t, tt.faults).Port())
				o.QoS, o.Messages, o.Drain = qos, 4000, quiet
				m := mustRun(t, o).Messages
				if m.Lost != tt.lost || m.Duplicates != tt.duplicates || m.Reordered != tt.reordered {
					t.Errorf("lost %d, duplicates %d, reordered %d; want %d, %d, %d",
						m.Lost, m.Duplicates, m.Reordered, tt.lost, tt.duplicates, tt.reordered)
				}
				if want := m.Expected - tt.lost + tt.duplicates; m.Received != want {
					t.Errorf("received %d, want %d", m.Received, want)
				}
			})
		}
	}
}

// TestSharedFaults counts over a group whose members live on different loops.
func TestSharedFaults(t *testing.T) {
	t.Parallel()
	o := small(Shared, testbroker.Start(t, testbroker.Faults{Drop: 10, Duplicate: 25}).Port())
	o.Version, o.Messages, o.Loops, o.Drain = codec.V5, 4000, 2, quiet
	// Each of 4 members gets 1000: of these 100 are dropped, and 40 are due to come twice, of which 20 are dropped instead.
	m := mustRun(t, o).Messages
	if m.Lost != 400 || m.Duplicates != 80 {
		t.Errorf("lost %d, duplicates %d; want 400, 80", m.Lost, m.Duplicates)
	}
}

// TestFixedRate sends at a rate for a while: the number of messages follows from rate and time, whatever the machine does.
func TestFixedRate(t *testing.T) {
	for _, p := range []Pattern{Pairs, FanIn, FanOut} {
		for _, ahead := range []int{0, 5} {
			t.Run(fmt.Sprintf("pattern=%s/ahead=%d", p, ahead), func(t *testing.T) { fixedRate(t, p, ahead) })
		}
	}
}

func fixedRate(t *testing.T, p Pattern, ahead int) {
	o := small(p, testbroker.Start(t, testbroker.Faults{}).Port())
	o.Messages, o.Rate, o.Ahead, o.Loops, o.Publishers = 500, 2000, ahead, 2, 5
	r := mustRun(t, o)
	if r.Messages.Sent != 500 || !r.Clean() {
		t.Errorf("sent %d, clean %v; want 500, all of them received", r.Messages.Sent, r.Clean())
	}
	if r.Lag == nil || r.Lag.Count != 500 {
		t.Errorf("lag counts %+v, want 500", r.Lag)
	}
	// The last message is due after 499 of 2000 parts of a second; nothing may be sent before it is due.
	if r.Lag != nil && r.Lag.Min < 0 || r.Messages.Seconds < 0.2495 {
		t.Errorf("lag %+v in %g s: sent before it was due", r.Lag, r.Messages.Seconds)
	}
}

// TestAhead has each publisher wait for its subscriber after every message.
func TestAhead(t *testing.T) {
	for _, p := range []Pattern{Pairs, FanIn, FanOut} {
		for qos := range byte(3) {
			for loops := 1; loops <= 3; loops++ {
				t.Run(fmt.Sprintf("pattern=%s/qos=%d/loops=%d", p, qos, loops), func(t *testing.T) {
					o := small(p, testbroker.Start(t, testbroker.Faults{}).Port())
					o.Ahead, o.OnePerWrite, o.QoS, o.Loops, o.Messages = 1, true, qos, loops, 200
					if r := mustRun(t, o); !r.Clean() || r.Messages.Sent != o.Messages {
						t.Errorf("sent %d, clean %v", r.Messages.Sent, r.Clean())
					}
				})
			}
		}
	}
}

// TestAheadSurvivesLoss loses messages that a publisher waits for: those that follow tell it so.
func TestAheadSurvivesLoss(t *testing.T) {
	t.Parallel()
	o := small(Pairs, testbroker.Start(t, testbroker.Faults{Drop: 10}).Port())
	o.Ahead, o.Drain = 2, quiet
	if m := mustRun(t, o).Messages; m.Sent != o.Messages || m.Lost != 100 {
		t.Errorf("sent %d, lost %d; want %d, 100", m.Sent, m.Lost, o.Messages)
	}
}

// TestDurationEnds sends at full speed until the time is over, and what was sent is all received.
func TestDurationEnds(t *testing.T) {
	t.Parallel()
	o := small(Pairs, testbroker.Start(t, testbroker.Faults{}).Port())
	o.Messages, o.Duration, o.WarmUp = 0, 100*time.Millisecond, 50*time.Millisecond
	r := mustRun(t, o)
	if r.Messages.Sent == 0 || !r.Clean() {
		t.Errorf("sent %d, clean %v: %+v", r.Messages.Sent, r.Clean(), r.Messages)
	}
}

func TestLargePayload(t *testing.T) {
	t.Parallel()
	o := small(Pairs, testbroker.Start(t, testbroker.Faults{}).Port())
	o.Payload, o.Messages = 1<<20, 20
	if r := mustRun(t, o); !r.Clean() || r.Messages.Received != 20 {
		t.Errorf("received %d of 20, clean %v", r.Messages.Received, r.Clean())
	}
}

// TestConnectKeepsAlive holds idle connections until all have pinged.
func TestConnectKeepsAlive(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, testbroker.Faults{})
	o := small(Connect, b.Port())
	o.KeepAlive, o.Hold, o.Subscribe, o.LocalAddrs = 4*time.Second, time.Hour, true, []string{"127.0.0.1", "127.0.0.1"}
	var lines bytes.Buffer
	r, err := Run(until(t, func() bool { return b.Pings() >= 20 }), o, &lines)
	if err != nil {
		t.Fatal(err)
	}
	if r.Connections.Ready != 20 || r.Connections.Lost != 0 || r.Messages != nil {
		t.Errorf("connections %+v, problems %q, messages %v", r.Connections, r.Problems, r.Messages)
	}
	if !strings.Contains(lines.String(), "20 of 20 connections") {
		t.Errorf("progress does not tell of the connections: %q", lines.String())
	}
}

// until returns a context that ends when done says so, or the test is over.
func until(t *testing.T, done func() bool) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() {
		defer cancel()
		for !done() && ctx.Err() == nil {
			<-time.After(poll)
		}
	}()
	return ctx
}

// TestConnectRate begins one connection after the other.
func TestConnectRate(t *testing.T) {
	o := small(Connect, testbroker.Start(t, testbroker.Faults{}).Port())
	o.ConnectRate, o.Hold = 100, 0
	r := mustRun(t, o)
	// 20 connections at 100 a second: the last is due after 190 ms.
	if r.Connections.Ready != 20 || r.Connections.Seconds < 0.19 {
		t.Errorf("%d connections in %g s; want 20 in at least 0.19", r.Connections.Ready, r.Connections.Seconds)
	}
}

func TestRefusedConnections(t *testing.T) {
	for _, v := range []codec.Version{codec.V311, codec.V5} {
		o := small(Pairs, testbroker.Start(t, testbroker.Faults{RefuseAt: 3}).Port())
		o.Version = v
		_, err := Run(t.Context(), o, nil)
		if err == nil {
			t.Fatalf("version %s: no error", versionName(v))
		}
		text := strings.ToLower(err.Error())
		if !strings.Contains(text, "2 of 8 clients connected") || !strings.Contains(text, "not authorized") {
			t.Errorf("version %s: error %q; want it to count the clients and to say why", versionName(v), text)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), small(Pairs, port), nil); err == nil || !strings.Contains(err.Error(), "0 of 8 clients") {
		t.Errorf("error %v", err)
	}
}

// TestLostConnection has the broker hang up on a publisher: the run ends by itself and says so.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	o := small(FanIn, testbroker.Start(t, testbroker.Faults{HangUp: 100}).Port())
	o.Messages, o.Drain = 4000, quiet
	r := mustRun(t, o)
	if r.Connections.Lost != o.Publishers || len(r.Problems) != o.Publishers {
		t.Errorf("%d connections lost, problems %q; want %d", r.Connections.Lost, r.Problems, o.Publishers)
	}
	if got, want := r.Messages.Received, uint64(99*o.Publishers*o.Subscribers); got != want {
		t.Errorf("received %d, want the %d that came before", got, want)
	}
	if r.Messages.Lost != r.Messages.Expected-r.Messages.Received {
		t.Errorf("lost %d, expected %d, received %d: they do not add up", r.Messages.Lost, r.Messages.Expected, r.Messages.Received)
	}
}

// TestInterrupt ends a run that has no other end.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	b := testbroker.Start(t, testbroker.Faults{})
	o := small(Pairs, b.Port())
	o.Messages, o.Duration = 0, time.Hour
	r, err := Run(until(t, func() bool { return b.Published() >= 100 }), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Messages.Lost != 0 || r.Messages.Sent < 100 {
		t.Errorf("interrupted %v, messages %+v", r.Interrupted, r.Messages)
	}
}
