package session_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

const willLine = `PUBLISH qos=1 id=1 topic="will/c" payload="gone"`

// withWill asks for a will, delayed by that many seconds in MQTT 5.
func withWill(delay uint32) func(*codec.Connect) {
	return func(p *codec.Connect) {
		p.HasWill, p.Will.QoS = true, 1
		p.Will.Topic, p.Will.Payload = []byte("will/c"), []byte("gone")
		if delay > 0 {
			p.Will.Props.SetWillDelay(delay)
		}
	}
}

// TestWillByEndOfSession proves which ends of a session publish the will.
func TestWillByEndOfSession(t *testing.T) {
	for _, tt := range []struct {
		why  string
		end  func(*bench.Bench, *bench.Client)
		sent [3]bool // 3.1, 3.1.1, 5
	}{
		{"DISCONNECT", func(_ *bench.Bench, c *bench.Client) { c.Send(&codec.Disconnect{}) }, [3]bool{}},
		{"DISCONNECT with will", func(_ *bench.Bench, c *bench.Client) {
			c.Send(&codec.Disconnect{Code: codec.DisconnectWithWill})
		}, [3]bool{false, false, true}},
		{"hang-up", func(_ *bench.Bench, c *bench.Client) { c.Hangup() }, [3]bool{true, true, true}},
		{"reset", func(_ *bench.Bench, c *bench.Client) { c.Peer.Reset() }, [3]bool{true, true, true}},
		{"protocol error", func(_ *bench.Bench, c *bench.Client) { c.Raw([]byte{0}) }, [3]bool{true, true, true}},
		{"keep-alive", func(b *bench.Bench, _ *bench.Client) { b.Advance(20 * time.Second) }, [3]bool{true, true, true}},
		{"takeover", func(b *bench.Bench, c *bench.Client) { b.Open(c.Version).Hello("c") }, [3]bool{true, true, true}},
		{"kicked", func(b *bench.Bench, _ *bench.Client) {
			b.Do(0, func() {
				b.Broker.Each(func(c *session.Client) {
					if c.ID == "c" {
						c.Disconnect(codec.AdministrativeAction, errors.New("kicked"))
					}
				})
			})
		}, [3]bool{true, true, true}},
	} {
		for i, v := range versions {
			b := bench.New(t, 1, nil)
			watch := b.Connect(codec.V311, "watch")
			watch.Subscribe("will/#", 1)
			c := b.Connect(v, "c", withWill(0), keepAlive(10))
			tt.end(b, c)
			if tt.sent[i] {
				watch.Want(tt.why+" in "+v.String(), willLine)
			} else {
				watch.WantNothing(tt.why + " in " + v.String())
			}
		}
	}
}

// TestWillIsNotSentForARefusedConnect proves that only an accepted CONNECT leaves a will.
func TestWillIsNotSentForARefusedConnect(t *testing.T) {
	b := bench.New(t, 1, nil)
	watch := b.Connect(codec.V311, "watch")
	watch.Subscribe("#", 1)
	c := b.Open(codec.V311)
	c.Hello(strings.Repeat("x", 24), withWill(0))
	c.WantClosed("refused", "CONNACK code=0x02")
	watch.WantNothing("nobody was connected")
}

// TestWillDelay proves when a delayed will is published: at its time, with the end of the session if that comes first, never if the
// client continues the session [MQTT-3.1.3-9].
func TestWillDelay(t *testing.T) {
	for _, tt := range []struct {
		why     string
		limit   time.Duration
		expiry  uint32
		then    func(*bench.Bench)
		at, not time.Duration // published by at, not yet by not; never if at is 0
	}{
		{"its time comes", -1, 100, nil, 11 * time.Second, 9 * time.Second},
		{"the session ends before", -1, 5, nil, 6 * time.Second, 4 * time.Second},
		{"no session outlives the connection", -1, 0, nil, time.Nanosecond, 0},
		{"the cap is shorter", 3 * time.Second, 100, nil, 4 * time.Second, 2 * time.Second},
		{"the cap is zero", 0, 100, nil, time.Nanosecond, 0},
		{"the client continues", -1, 100, func(b *bench.Bench) { b.Open(codec.V5).Hello("c", expiry(100)) }, 0, time.Hour},
		{"the client starts anew", -1, 100, func(b *bench.Bench) { b.Open(codec.V5).Hello("c") }, time.Nanosecond, 0},
	} {
		b := bench.New(t, 2, func(s *session.Settings) { s.MaxLastWillDelay = tt.limit })
		watch := b.Connect(codec.V311, "watch")
		watch.Subscribe("will/#", 1)
		c := b.Connect(codec.V5, "c", expiry(tt.expiry), withWill(10))
		c.Hangup()
		if tt.then != nil {
			tt.then(b)
		}
		if tt.not > 0 {
			b.Advance(tt.not)
			watch.WantNothing(tt.why)
		}
		if tt.at > 0 {
			b.Advance(tt.at - tt.not)
			watch.Want(tt.why, willLine)
		}
	}
}

// TestWillOnTakeover proves what a takeover does to the will: delayed ones are cancelled by a client that continues, and the
// option suppresses all.
func TestWillOnTakeover(t *testing.T) {
	for _, tt := range []struct {
		why      string
		suppress bool
		delay    uint32
		next     func(*codec.Connect)
		sent     bool
	}{
		{"at once", false, 0, expiry(100), true},
		{"suppressed", true, 0, expiry(100), false},
		{"delayed and continued", false, 10, expiry(100), false},
		{"delayed and started anew", false, 10, func(*codec.Connect) {}, true},
	} {
		b := bench.New(t, 2, func(s *session.Settings) { s.SuppressWillOnTakeover = tt.suppress })
		watch := b.Connect(codec.V311, "watch")
		watch.Subscribe("will/#", 1)
		b.Connect(codec.V5, "c", expiry(100), withWill(tt.delay))
		b.Open(codec.V5).Hello("c", tt.next)
		b.Advance(15 * time.Second)
		if tt.sent {
			watch.Want(tt.why, willLine)
		} else {
			watch.WantNothing(tt.why)
		}
	}
}

// TestWillProperties proves that the will's properties travel, and that its expiry begins when it is published.
func TestWillProperties(t *testing.T) {
	b := bench.New(t, 1, nil)
	watch := b.Connect(codec.V5, "watch")
	watch.Subscribe("will/#", 1)
	c := b.Connect(codec.V5, "c", expiry(100), withWill(10), func(p *codec.Connect) {
		p.Will.Props.SetContentType([]byte("text/plain"))
		p.Will.Props.SetMessageExpiry(50)
	})
	c.Hangup()
	b.Advance(11 * time.Second)
	got := watch.Take()
	if len(got) != 1 || !strings.Contains(got[0], "text/plain") || !strings.Contains(got[0], "50") {
		t.Errorf("got %q", got)
	}
}

// TestWillAfterAWrongDisconnect proves that a DISCONNECT with a session expiry interval that it may not have still says whether the
// client wants its will published.
func TestWillAfterAWrongDisconnect(t *testing.T) {
	for code, lines := range map[codec.ReasonCode][]string{
		codec.NormalDisconnection: nil,
		codec.DisconnectWithWill:  {willLine},
	} {
		b := bench.New(t, 1, nil)
		watch, c := b.Connect(codec.V311, "watch"), b.Connect(codec.V5, "c", withWill(0))
		watch.Subscribe("will/#", 1)
		p := leave(10)
		p.Code = code
		c.Send(p)
		c.WantClosed("raised from 0", "DISCONNECT code=0x82")
		watch.Want(p.String(), lines...)
	}
}
