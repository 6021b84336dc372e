package clients

import (
	"io"
	"net"
	"testing"
	"time"
)

// TestMessageExpiry proves that a message that waited in a queue for longer than its expiry does not arrive, while one that has
// time left does, with the rest of it.
func TestMessageExpiry(t *testing.T) {
	topics, ids := map[string]string{}, map[string]string{}
	each(t, func(t *testing.T, k kind) {
		topic, id := newTopic(), newID()
		topics[k.String()], ids[k.String()] = topic, id
		pub := dial(t, find(t, "paho-go-5"), options{})
		sub := dial(t, k, options{ID: id, Keep: true})
		sub.subscribe(topic, 1)
		sub.disconnect()
		settle(t, k, id)

		short, long := text(topic, 1, "expires"), text(topic, 1, "has time")
		short.Expiry, long.Expiry = 1, 1000
		pub.publish(short, long)
	})
	passTwoSeconds(t)
	each(t, func(t *testing.T, k kind) {
		id := ids[k.String()]
		sub := dial(t, k, options{ID: id, Keep: true})
		if !k.stays() {
			sub.subscribe(topics[k.String()], 1) // mosquitto_sub connects with its subscription
		}
		got := sub.receive()
		if string(got.Payload) != "has time" {
			t.Errorf("got %s, want the message that has not expired", got)
		}
		if k.v5() && (got.Expiry == 0 || got.Expiry > 999) {
			t.Errorf("expiry interval %d after more than a second in the queue, want less than the 1000 that were published", got.Expiry)
		}
		sub.disconnect()
		forget(t, k, id)
	})
}

// TestSessionExpiry proves that a session ends when its expiry has passed since its connection ended, and that one with more
// time is still there.
func TestSessionExpiry(t *testing.T) {
	type session struct {
		k       kind
		id      string
		present bool
	}
	var sessions []session
	each(t, func(t *testing.T, k kind) {
		for _, s := range []struct {
			expiry  uint32
			present bool
		}{{1, false}, {1000, true}} {
			id := newID()
			c := dial(t, k, options{ID: id, Keep: true, SessionExpiry: s.expiry})
			c.subscribe(newTopic(), 1)
			c.disconnect()
			sessions = append(sessions, session{k, id, s.present})
		}
	}, kind.v5, kind.stays)
	passTwoSeconds(t)
	for _, s := range sessions {
		c := dial(t, s.k, options{ID: s.id, Keep: true})
		if c.Present != s.present {
			t.Errorf("%s, session of %s present: %v, want %v", s.k, s.id, c.Present, s.present)
		}
		c.disconnect()
		forget(t, s.k, s.id)
	}
}

// settle returns when the end of the last connection of a kept session has been handled: another one with its client id has
// come and gone, and its library has seen the broker close it.
func settle(t *testing.T, k kind, id string) {
	t.Helper()
	dial(t, plain(t, k), options{ID: id, Keep: true}).disconnect()
}

// TestKeepAlive proves that a client that is silent for one and a half times its keep-alive is disconnected, and that a
// client that pings is not.
func TestKeepAlive(t *testing.T) {
	pings := dial(t, find(t, "paho-go-3.1.1"), options{})
	passTwoSeconds(t)
	topic := newTopic()
	pings.subscribe(topic, 1)
	pings.publish(text(topic, 1, "still here"))
	pings.want(text(topic, 1, "still here"))
}

// passTwoSeconds returns when at least two seconds have passed by the broker's clock: two connections with a keep-alive of one
// second, one after the other, say nothing until the broker closes them, which it may after a second and a half.
func passTwoSeconds(t *testing.T) {
	t.Helper()
	for range 2 {
		c, err := net.Dial("tcp", net.JoinHostPort(brokerHost, brokerPort))
		if err != nil {
			t.Fatal(err)
		}
		id := newID()
		remaining := 12 + len(id)
		// CONNECT, MQTT 3.1.1, clean session, keep-alive 1.
		packet := append([]byte{0x10, byte(remaining), 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 1, 0, byte(len(id))}, id...)
		if _, err := c.Write(packet); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c)
		if err != nil {
			t.Fatalf("a connection with keep-alive 1 is silent: %v, want the broker to close it", err)
		}
		if string(answer) != "\x20\x02\x00\x00" {
			t.Fatalf("a connection with keep-alive 1 got % x, want a CONNACK and the end", answer)
		}
		c.Close()
	}
}
