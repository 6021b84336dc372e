package clients

import "testing"

// TestTakeover proves that a client id belongs to the connection that came last: the earlier one is closed, with reason 0x8E
// in MQTT 5, the session goes on in the new one, whatever library and version either has, and a third party notices
// nothing. What is sent after the takeover goes to the new connection only.
func TestTakeover(t *testing.T) {
	each(t, func(t *testing.T, oldKind kind) {
		each(t, func(t *testing.T, newKind kind) {
			topic, id := newTopic(), newID()
			pub := dial(t, find(t, "paho-go-3.1.1"), options{})
			before := dial(t, oldKind, options{ID: id, Keep: true})
			before.subscribe(topic, 1)
			first := text(topic, 0, "to the first connection") // with QoS 1 the takeover could overtake its PUBACK
			pub.publish(first)
			before.want(first)

			after := dial(t, newKind, options{ID: id, Keep: true})
			if !newKind.stays() {
				after.subscribe(topic, 1) // mosquitto_sub connects with its subscription
			}
			code, err := before.in.closeCode()
			if err != nil {
				t.Fatalf("%s %s, taken over by %s: %v", oldKind, id, newKind, err)
			}
			if oldKind.tellsReason() && code != 0x8E {
				t.Errorf("%s %s was closed with reason %#x, want 0x8e", oldKind, id, code)
			}
			if newKind.stays() && newKind.version > 3 && !after.Present {
				t.Errorf("%s %s took over and found no session", newKind, id)
			}
			second := text(topic, 1, "to the second connection")
			pub.publish(second)
			after.want(second)
			if m, ok := before.in.take(); ok {
				t.Errorf("%s %s, taken over, still got %s", oldKind, id, m)
			}
			after.disconnect()
			forget(t, newKind, id)
		}, takesOver)
	}, kind.stays)
}

// takesOver leaves out the versions whose broker's side does not differ: one of each library, and MQTT 5 of each.
func takesOver(k kind) bool { return k.version >= 4 }
