package clients

import "testing"

// TestRetained proves that a retained message waits for subscribers of every library: it comes with the retain flag to a new
// subscription and without to one that was there, the newest replaces the one before, and an empty one removes it.
func TestRetained(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic := newTopic()
		there := dial(t, find(t, "paho-go-3.1.1"), options{})
		there.subscribe(topic+"/#", 1)
		pub := dial(t, k, options{})
		retained := func(payload string) message {
			m := text(topic+"/state", 1, payload)
			m.Retain = true
			return m
		}
		for _, payload := range []string{"old", "new"} {
			pub.publish(retained(payload))
			if got := there.receive(); got.Retain || string(got.Payload) != payload {
				t.Errorf("a subscription that was there got %s with retain flag %v, want %q without", got, got.Retain, payload)
			}
		}
		for _, filter := range []string{"/state", "/+", "/#"} {
			late := dial(t, k, options{})
			late.subscribe(topic+filter, 1)
			if got := late.receive(); !got.Retain || string(got.Payload) != "new" {
				t.Errorf("a new subscription to %s got %s with retain flag %v, want \"new\" with", filter, got, got.Retain)
			}
			late.disconnect()
		}
		pub.publish(retained(""))
		there.want(text(topic+"/state", 1, ""))
		late := dial(t, k, options{})
		late.subscribe(topic+"/#", 1)
		mark := text(topic+"/mark", 1, "the first to arrive, because nothing is retained any more")
		pub.publish(mark)
		late.want(mark)
	})
}

// TestWill proves that the will of a connection that breaks is published, and that of one that ends with DISCONNECT is not,
// unless the DISCONNECT asks for it, as that of mosquitto_sub does in MQTT 5 (reason 0x04).
func TestWill(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic := newTopic()
		watch := dial(t, find(t, "paho-go-3.1.1"), options{})
		watch.subscribe(topic+"/#", 2)
		will := func(payload string) *message {
			m := text(topic+"/will", 1, payload)
			return &m
		}
		// mosquitto's connection begins with its subscription; nobody publishes to this one.
		leaves := dial(t, k, options{Will: will("of the one that leaves")})
		leaves.subscribe(topic+"/nothing", 0)
		leaves.disconnect()
		if !k.stays() && k.v5() {
			watch.want(*will("of the one that leaves"))
		}
		breaks := dial(t, k, options{Will: will("of the one that breaks")})
		breaks.subscribe(topic+"/nothing", 0)
		breaks.drop()
		watch.want(*will("of the one that breaks"))
		dial(t, plain(t, k), options{ID: leaves.id}).disconnect() // its end has been handled by now, whoever came first
		mark := text(topic+"/mark", 1, "the first after the one will")
		watch.publish(mark)
		watch.want(mark)
	})
}
