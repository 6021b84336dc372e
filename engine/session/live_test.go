package session_test

import (
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// change puts settings in force that differ from those before.
func change(b *bench.Bench, f func(*session.Settings)) {
	next := *b.Broker.Settings()
	f(&next)
	b.Broker.Apply(&next)
}

// TestExpirationIsReadWhenConnectionEnds proves that persistent_client_expiration reaches clients that are connected when it changes,
// and not those that are away.
func TestExpirationIsReadWhenConnectionEnds(t *testing.T) {
	b := bench.New(t, 1, nil)
	away, here := b.Connect(codec.V311, "away", bench.Persistent), b.Connect(codec.V311, "here", bench.Persistent)
	away.Hangup()
	change(b, func(s *session.Settings) { s.PersistentClientExpiration = time.Hour })
	here.Hangup()
	b.Advance(59 * time.Minute)
	record(t, b, "here")
	b.Advance(2 * time.Minute)
	if n := b.Broker.Clients(); n != 1 {
		t.Errorf("%d clients are known after an hour, want the one that had gone before", n)
	}
	record(t, b, "away")
}

// TestWillDelayCapIsReadWhenWillWaits proves that max_last_will_delay reaches clients that are connected when it changes.
func TestWillDelayCapIsReadWhenWillWaits(t *testing.T) {
	b := bench.New(t, 1, nil)
	watcher := b.Connect(codec.V311, "watcher")
	watcher.Subscribe("will", 0)
	c := b.Connect(codec.V5, "c", bench.Persistent, func(p *codec.Connect) {
		p.HasWill, p.Will = true, codec.Will{Topic: []byte("will"), Payload: []byte("x")}
		p.Will.Props.SetWillDelay(1000)
	})
	change(b, func(s *session.Settings) { s.MaxLastWillDelay = 10 * time.Second })
	c.Hangup()
	b.Advance(9 * time.Second)
	watcher.WantNothing("the delay is not over")
	b.Advance(2 * time.Second)
	watcher.Want("the delay is that of the new cap", `PUBLISH qos=0 topic="will" payload="x"`)
}

// TestSettingsOfConnect proves that a connection which was accepted before a change obeys the settings at its CONNECT.
func TestSettingsOfConnect(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Open(codec.V311)
	change(b, func(s *session.Settings) { s.AllowAnonymous = false })
	c.Hello("c")
	c.WantClosed("the door was closed before CONNECT came", "CONNACK code=0x05")
}
