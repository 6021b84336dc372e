package clients

import (
	"bytes"
	"fmt"
	"testing"
)

// TestEveryPair proves that a message from any client, in any version and QoS, reaches a subscriber of any other with topic
// and payload unchanged and the QoS of its publisher, where the subscription allows every QoS.
func TestEveryPair(t *testing.T) {
	each(t, func(t *testing.T, subKind kind) {
		topic := newTopic()
		sub := dial(t, subKind, options{})
		sub.subscribe(topic+"/#", 2)
		each(t, func(t *testing.T, pubKind kind) {
			sub.t = t
			pub := dial(t, pubKind, options{})
			for qos := range byte(3) {
				m := message{Topic: fmt.Sprintf("%s/from %s/ü/%d", topic, pubKind, qos), QoS: qos,
					Payload: fmt.Appendf(nil, "from %s to %s \x00\xff\r\n", pubKind, subKind)}
				pub.publish(m)
				sub.want(m)
			}
			pub.disconnect()
		})
	})
}

// TestDeliveredQoS proves that a message arrives with the lower QoS of publication and subscription, for all nine pairs and
// every client as subscriber.
func TestDeliveredQoS(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		pub := dial(t, find(t, "paho-go-3.1.1"), options{})
		for granted := range byte(3) {
			topic := newTopic()
			sub := dial(t, k, options{})
			sub.subscribe(topic, granted)
			for qos := range byte(3) {
				m := text(topic, qos, "published with this QoS")
				pub.publish(m)
				m.QoS = min(qos, granted)
				sub.want(m)
			}
			sub.disconnect()
		}
	})
}

// TestEmptyPayload proves that a message without payload is a message.
func TestEmptyPayload(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic := newTopic()
		sub, pub := dial(t, k, options{}), dial(t, k, options{})
		sub.subscribe(topic, 1)
		pub.publish(text(topic, 1, ""), text(topic, 1, "after it"))
		sub.want(text(topic, 1, ""), text(topic, 1, "after it"))
	})
}

// TestLargePayload proves that a payload far larger than any buffer on its way, 1 MiB, arrives whole: from each client to
// itself and to one of another library, with every QoS.
func TestLargePayload(t *testing.T) {
	payload := make([]byte, 1<<20)
	for i := range payload {
		payload[i] = byte(i ^ i>>8 ^ i>>16)
	}
	each(t, func(t *testing.T, k kind) {
		topic := newTopic()
		other := dial(t, find(t, "paho-go-5"), options{})
		other.subscribe(topic, 2)
		sub, pub := dial(t, k, options{}), dial(t, k, options{})
		sub.subscribe(topic, 2)
		for qos := range byte(3) {
			m := message{Topic: topic, QoS: qos, Payload: payload}
			pub.publish(m)
			for _, c := range []*conn{sub, other} {
				if got := c.receive(); !bytes.Equal(got.Payload, payload) || got.QoS != qos {
					t.Fatalf("%s got %d bytes with QoS %d, want the %d bytes that were sent with QoS %d",
						c.kind, len(got.Payload), got.QoS, len(payload), qos)
				}
			}
		}
	})
}
