package clients

import "testing"

// TestOrder proves that many messages from one publisher arrive at a connected subscriber in the order in which they were sent,
// each exactly once, from every client to every library, with every QoS. The next round would find a message that came
// twice.
func TestOrder(t *testing.T) {
	const count = 300 // fewer than any queue may hold
	each(t, func(t *testing.T, k kind) {
		topic := newTopic()
		var subs []*conn
		for _, name := range []string{"mosquitto-3.1.1", "paho-python-5", "paho-go-3.1", "paho-go-5", "mqtt.js-3.1.1"} {
			sub := dial(t, find(t, name), options{})
			sub.subscribe(topic+"/+", 2)
			subs = append(subs, sub)
		}
		pub := dial(t, k, options{})
		for qos := range byte(3) {
			messages := numbered(topic+"/many", qos, count)
			pub.publish(messages...)
			for _, sub := range subs {
				sub.want(messages...)
			}
		}
		end := text(topic+"/end", 2, "nothing between the last message and this")
		pub.publish(end)
		for _, sub := range subs {
			sub.want(end)
		}
	})
}
