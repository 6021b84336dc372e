package config

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

func newLive(t *testing.T, text string) *Live {
	t.Helper()
	c, err := load(Options{File: "vernemq.conf", Home: "/h"}, memFiles{"vernemq.conf": text})
	if err != nil {
		t.Fatal(err)
	}
	return NewLive(c)
}

func TestLiveSet(t *testing.T) {
	l := newLive(t, "max_online_messages = 5\n")
	before := l.Load()
	if err := l.Set(Change{"max_online_messages", "7"}, Change{"allow_anonymous", "on"}); err != nil {
		t.Fatal(err)
	}
	if now := l.Load(); now.Queue.MaxOnline != 7 || !now.Session.AllowAnonymous {
		t.Errorf("in force: %d, %v", now.Queue.MaxOnline, now.Session.AllowAnonymous)
	}
	if before.Queue.MaxOnline != 5 || before.Session.AllowAnonymous || before.Text("max_online_messages") != "5" {
		t.Error("the Config that was loaded before changed")
	}
	if text, found := l.Get("max_online_messages"); text != "7" || !found {
		t.Errorf("Get says %q, %v", text, found)
	}
	if text, found := l.Get("retry_interval"); text != "20" || !found {
		t.Errorf("Get of a default says %q, %v", text, found)
	}
	if _, found := l.Get("nonsense"); found {
		t.Error("Get finds a key that does not exist")
	}
	if r := l.Describe("listener.tcp.x.max_connections"); r == nil || r.Doc == "" {
		t.Errorf("Describe says %v", r)
	}
}

// TestLiveSetInert proves that keys which do nothing any more can still be set, as documentation says, with words that exist only.
func TestLiveSetInert(t *testing.T) {
	l := newLive(t, "")
	for _, ch := range []Change{{"queue_deliver_mode", "balance"}, {"allow_multiple_sessions", "on"}} {
		if err := l.Set(ch); err != nil {
			t.Errorf("%s = %s: %v", ch.Key, ch.Text, err)
		}
		if text, _ := l.Get(ch.Key); text != ch.Text {
			t.Errorf("%s is %q after it was set to %q", ch.Key, text, ch.Text)
		}
		v, _ := l.Load().Get(ch.Key)
		if advice := l.Describe(ch.Key).Advice(v); !strings.Contains(advice, "shared subscriptions") {
			t.Errorf("%s = %s: advice %q says nothing about shared subscriptions", ch.Key, ch.Text, advice)
		}
	}
	var refused *SetError
	if err := l.Set(Change{"queue_deliver_mode", "nonsense"}); !errors.As(err, &refused) || refused.Reason != BadValue {
		t.Errorf("queue_deliver_mode = nonsense: %v", err)
	}
}

func TestLiveSetRefuses(t *testing.T) {
	for _, tc := range []struct {
		name    string
		changes []Change
		reason  SetReason
		key     string
	}{
		{"unknown", []Change{{"max_online_messages", "9"}, {"nonsense", "1"}}, UnknownKey, "nonsense"},
		{"node name", []Change{{"nodename", "a@b"}}, NotSettable, "nodename"},
		{"log", []Change{{"log.console.level", "debug"}}, NotSettable, "log.console.level"},
		{"flag", []Change{{"allow_anonymous", "yes"}}, BadValue, "allow_anonymous"},
		{"range", []Change{{"max_online_messages", "9"}, {"receive_max_client", "0"}}, BadValue, "receive_max_client"},
		{"fixed", []Change{{"max_online_messages", "9"}, {"topic_max_depth", "3"}}, NotSettable, "topic_max_depth"},
		{"listener", []Change{{"listener.max_connections", "3"}}, NotSettable, "listener.max_connections"},
		{"unknown before bad value", []Change{{"allow_anonymous", "yes"}, {"nonsense", "1"}}, UnknownKey, "nonsense"},
		{"bad value before fixed", []Change{{"topic_max_depth", "3"}, {"allow_anonymous", "yes"}}, BadValue, "allow_anonymous"},
	} {
		l := newLive(t, "max_online_messages = 5\n")
		before := l.Load()
		var refused *SetError
		err := l.Set(tc.changes...)
		if !errors.As(err, &refused) || refused.Reason != tc.reason || refused.Keys[0] != tc.key {
			t.Errorf("%s: got %v, want reason %d for %s", tc.name, err, tc.reason, tc.key)
		}
		if l.Load() != before {
			t.Errorf("%s: something was changed", tc.name)
		}
	}
}

// TestLiveConcurrent lets the race detector see readers beside writers; no change is lost.
func TestLiveConcurrent(t *testing.T) {
	l := newLive(t, "")
	var wg sync.WaitGroup
	for _, key := range []string{"max_online_messages", "max_offline_messages", "retry_interval", "max_inflight_messages"} {
		wg.Go(func() {
			for range 50 {
				if err := l.Set(Change{key, "3"}); err != nil {
					t.Error(err)
				}
				if l.Load().Int(key) != 3 {
					t.Errorf("%s is not what was set", key)
				}
			}
		})
	}
	wg.Wait()
	if c := l.Load(); c.Queue.MaxOnline != 3 || c.Queue.MaxOffline != 3 || c.Session.MaxInflight != 3 {
		t.Errorf("a change was lost: %+v", c.Queue)
	}
}

func BenchmarkLiveLoad(b *testing.B) {
	c, err := load(Options{File: "f", Home: "/h"}, memFiles{"f": "listener.tcp.a = 127.0.0.1:1883\n"})
	if err != nil {
		b.Fatal(err)
	}
	l := NewLive(c)
	b.ReportAllocs()
	sum := 0
	for b.Loop() {
		sum += l.Load().Session.MaxInflight
	}
	if sum == 0 {
		b.Fatal("nothing was read")
	}
}
