package clients

import "testing"

// TestResume proves that a session that is to be kept outlives its connection, whether that ended with DISCONNECT or without:
// the subscription stands, what was published with QoS 1 and 2 meanwhile arrives in order when the client is back, exactly
// once, and the broker says that the session was present.
func TestResume(t *testing.T) {
	const count = 50 // more than may be in flight at once
	each(t, func(t *testing.T, k kind) {
		for _, end := range []struct {
			how string
			end func(*conn)
		}{{"disconnect", (*conn).disconnect}, {"drop", (*conn).drop}} {
			t.Run(end.how, func(t *testing.T) {
				topic, id := newTopic(), newID()
				pub := dial(t, find(t, "paho-go-3.1.1"), options{})

				sub := dial(t, k, options{ID: id, Keep: true})
				if sub.Present {
					t.Errorf("session present for client id %s, which was never here", id)
				}
				sub.subscribe(topic, 2)
				online := text(topic, 0, "while connected") // with QoS 1 the end of the connection could overtake its PUBACK
				pub.publish(online)
				sub.want(online)
				end.end(sub)
				if _, err := sub.in.closeCode(); err != nil {
					t.Fatal(err)
				}

				first, second := numbered(topic, 1, count), numbered(topic, 2, count)
				pub.publish(first...)
				pub.publish(second...)

				sub = dial(t, k, options{ID: id, Keep: true})
				if k.stays() && k.version > 3 && !sub.Present {
					t.Errorf("no session present for client id %s, which left one", id)
				}
				if !k.stays() {
					sub.subscribe(topic, 2) // mosquitto_sub connects with its subscription
				}
				sub.want(first...)
				sub.want(second...)
				pub.publish(online)
				sub.want(online)
				sub.disconnect()

				forget(t, k, id)
			})
		}
	})
}

// TestCleanStart proves that a client which asks for a clean session gets one although another waits under its id: no
// subscription, no message of before.
func TestCleanStart(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic, id := newTopic(), newID()
		pub := dial(t, find(t, "paho-go-3.1.1"), options{})
		sub := dial(t, k, options{ID: id, Keep: true})
		sub.subscribe(topic, 1)
		sub.disconnect()
		pub.publish(text(topic, 1, "for the session that is thrown away"))

		sub = dial(t, k, options{ID: id})
		if sub.Present {
			t.Errorf("session present after a clean start of %s", id)
		}
		pub.publish(text(topic, 1, "nobody subscribes to this"))
		sub.subscribe(topic+"/new", 1)
		want := text(topic+"/new", 1, "the first to arrive")
		pub.publish(want)
		sub.want(want)
	}, kind.stays)
}

// TestSessionEnds proves that a session that is not to be kept ends with its connection: the same client id, now with a
// session to keep, finds none.
func TestSessionEnds(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic, id := newTopic(), newID()
		sub := dial(t, k, options{ID: id})
		sub.subscribe(topic, 1)
		sub.disconnect()

		sub = dial(t, k, options{ID: id, Keep: true})
		if sub.Present {
			t.Errorf("session present for %s, which had a clean one", id)
		}
		sub.subscribe(topic+"/new", 1)
		pub := dial(t, k, options{})
		pub.publish(text(topic, 1, "nobody subscribes to this any more"))
		want := text(topic+"/new", 1, "the first to arrive")
		pub.publish(want)
		sub.want(want)
		sub.disconnect()
		forget(t, k, id)
	}, kind.stays)
}

// forget ends a kept session, so that a broker that serves other tests after this one does not collect them.
func forget(t *testing.T, k kind, id string) {
	t.Helper()
	dial(t, plain(t, k), options{ID: id}).disconnect()
}

// plain is the Go client of the version of k, for what is no part of the proof.
func plain(t *testing.T, k kind) kind {
	return find(t, kind{library: "paho-go", version: k.version}.String())
}
