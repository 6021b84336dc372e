package clients

import (
	"bytes"
	"slices"
	"testing"
)

// TestProperties proves that what a publisher says about its message reaches subscribers of MQTT 5 as it was said: user
// properties in order and with repeated names, content type, response topic and correlation data.
func TestProperties(t *testing.T) {
	each(t, func(t *testing.T, subKind kind) {
		topic := newTopic()
		sub := dial(t, subKind, options{})
		sub.subscribe(topic, 2)
		each(t, func(t *testing.T, pubKind kind) {
			sub.t = t
			pub := dial(t, pubKind, options{})
			for qos := range byte(3) {
				sent := message{Topic: topic, QoS: qos, Payload: []byte("with properties"),
					User:        [][2]string{{"b", "2"}, {"b", "1"}, {"a", "3"}},
					ContentType: "text/plain", ResponseTopic: topic + "/answers", Correlation: []byte("c-1")}
				pub.publish(sent)
				got := sub.receive()
				if !slices.Equal(got.User, sent.User) {
					t.Errorf("user properties %q, want %q", got.User, sent.User)
				}
				if got.ContentType != sent.ContentType || got.ResponseTopic != sent.ResponseTopic {
					t.Errorf("content type %q and response topic %q, want %q and %q", got.ContentType, got.ResponseTopic,
						sent.ContentType, sent.ResponseTopic)
				}
				if subKind.library != "mosquitto" && !bytes.Equal(got.Correlation, sent.Correlation) {
					t.Errorf("correlation data %q, want %q", got.Correlation, sent.Correlation)
				}
			}
		}, kind.v5)
	}, kind.v5)
}

// TestPropertiesAcrossVersions proves that a message with properties reaches subscribers of older versions without them, and
// a message of an older version reaches subscribers of MQTT 5.
func TestPropertiesAcrossVersions(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic := newTopic()
		newer, older := dial(t, find(t, "paho-go-5"), options{}), dial(t, k, options{})
		newer.subscribe(topic, 1)
		older.subscribe(topic, 1)
		m := text(topic, 1, "with properties")
		m.User = [][2]string{{"a", "1"}}
		newer.publish(m)
		newer.want(m)
		older.want(m)
		m = text(topic, 1, "without")
		older.publish(m)
		newer.want(m)
		older.want(m)
	}, func(k kind) bool { return !k.v5() })
}

// TestSubscriptionID proves that messages carry the identifier of the subscription that they came by, and none where there
// is none.
func TestSubscriptionID(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic := newTopic()
		pub := dial(t, find(t, "paho-go-5"), options{})
		with := dial(t, k, options{})
		with.subscribeWith(subscription{Filter: topic + "/+", QoS: 1, ID: 268435455})
		without := dial(t, k, options{})
		without.subscribe(topic+"/+", 1)
		pub.publish(text(topic+"/a", 1, "x"))
		if got := with.receive(); !slices.Equal(got.SubscriptionIDs, []int{268435455}) {
			t.Errorf("subscription identifiers %d, want 268435455", got.SubscriptionIDs)
		}
		if got := without.receive(); len(got.SubscriptionIDs) != 0 {
			t.Errorf("subscription identifiers %d for a subscription without one", got.SubscriptionIDs)
		}
	}, kind.v5)
}

// TestNoLocal proves that a subscription with No Local does not get what its own client publishes, but does get the same
// from others.
func TestNoLocal(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic := newTopic()
		c, other := dial(t, k, options{}), dial(t, k, options{})
		c.subscribeWith(subscription{Filter: topic, QoS: 1, NoLocal: true})
		c.publish(text(topic, 1, "own"))
		other.publish(text(topic, 1, "other's"))
		c.want(text(topic, 1, "other's"))
	}, kind.v5, kind.stays)
}

// TestTopicAliasFromClient proves that a publisher may replace its topic by an alias, as far as the broker grants, and may
// give the alias to another topic later. Where the broker grants none, an alias ends the connection.
func TestTopicAliasFromClient(t *testing.T) {
	for _, name := range []string{"paho-python-5", "paho-go-5"} {
		t.Run(name, func(t *testing.T) {
			topic := newTopic()
			sub := dial(t, find(t, "paho-go-3.1.1"), options{})
			sub.subscribe(topic+"/#", 1)
			pub := dial(t, find(t, name), options{})
			aliased := func(topic, payload string, alias uint16) message {
				return message{Topic: topic, QoS: 0, Payload: []byte(payload), Alias: alias}
			}
			if pub.AliasMax == 0 {
				pub.publish(aliased(topic+"/a", "1", 1))
				if code, err := pub.in.closeCode(); err != nil || code != 0x94 && pub.tellsReason() {
					t.Errorf("an alias that was not granted: closed with reason %#x (%v), want 0x94", code, err)
				}
				return
			}
			highest := pub.AliasMax
			pub.publish(aliased(topic+"/a", "1", highest), aliased("", "2", highest))
			pub.publish(aliased(topic+"/b", "3", highest), aliased("", "4", highest))
			sub.want(text(topic+"/a", 0, "1"), text(topic+"/a", 0, "2"), text(topic+"/b", 0, "3"), text(topic+"/b", 0, "4"))
		})
	}
}

// TestTopicAliasFromBroker proves that a subscriber that accepts aliases sees the right topics, whether the broker uses them
// or not: more topics than aliases, each several times.
func TestTopicAliasFromBroker(t *testing.T) {
	topic := newTopic()
	sub := dial(t, find(t, "mqtt.js-5"), options{AliasMax: 2})
	sub.subscribe(topic+"/+", 1)
	var sent []message
	for range 3 {
		for _, level := range []string{"a", "b", "c", "a"} {
			sent = append(sent, text(topic+"/"+level, 1, "for "+level))
		}
	}
	pub := dial(t, find(t, "paho-go-5"), options{})
	pub.publish(sent...)
	sub.want(sent...)
}
