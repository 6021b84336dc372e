package clients

import (
	"strings"
	"testing"
)

// TestWildcards proves which topics each filter gets, with every client as subscriber: a mark per filter is sent last, and
// nothing else may come before it.
func TestWildcards(t *testing.T) {
	const top = "top" // stands for a name that no other test has
	topics := []string{top, top + "/", top + "/a", top + "/a/b", top + "/b", top + "/a/b/c", top + "//b", "/" + top, top + "x"}
	filters := map[string][]string{
		top:              {top},
		top + "/+":       {top + "/", top + "/a", top + "/b"},
		top + "/#":       {top, top + "/", top + "/a", top + "/a/b", top + "/b", top + "/a/b/c", top + "//b"},
		top + "/+/b":     {top + "/a/b", top + "//b"},
		top + "/a/#":     {top + "/a", top + "/a/b", top + "/a/b/c"},
		top + "/+/+":     {top + "/a/b", top + "//b"},
		"+/" + top:       {"/" + top},
		top + "/+/#":     {top + "/", top + "/a", top + "/a/b", top + "/b", top + "/a/b/c", top + "//b"},
		top + "/a/+/c":   {top + "/a/b/c"},
		top + "/nothing": nil,
	}
	each(t, func(t *testing.T, k kind) {
		pub := dial(t, find(t, "paho-go-3.1.1"), options{})
		for filter, matching := range filters {
			name := newID()
			own := func(s string) string { return strings.Replace(s, top, name, 1) }
			sub := dial(t, k, options{})
			sub.subscribe(own(filter), 1)
			for _, topic := range topics {
				pub.publish(text(own(topic), 1, "for "+filter))
			}
			var want []message
			for _, topic := range topics {
				for _, m := range matching {
					if m == topic {
						want = append(want, text(own(topic), 1, "for "+filter))
					}
				}
			}
			sub.want(want...)
			mark := text(own(strings.NewReplacer("+", "level", "#", "rest").Replace(filter)), 1, "mark")
			pub.publish(mark)
			sub.want(mark)
			sub.disconnect()
		}
	})
}

// TestUnsubscribe proves that a filter gets nothing after it was taken back, and that others of the session still do.
func TestUnsubscribe(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic := newTopic()
		c := dial(t, k, options{})
		c.subscribe(topic+"/a", 1)
		c.subscribe(topic+"/+/b", 1)
		c.publish(text(topic+"/a", 1, "1"))
		c.want(text(topic+"/a", 1, "1"))
		c.unsubscribe(topic + "/a")
		c.publish(text(topic+"/a", 1, "2"), text(topic+"/x/b", 1, "3"))
		c.want(text(topic+"/x/b", 1, "3"))
	}, kind.stays)
}

// TestResubscribe proves that subscribing again to the same filter replaces the QoS and does not double the messages.
func TestResubscribe(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic := newTopic()
		c := dial(t, k, options{})
		c.subscribe(topic, 2)
		c.subscribe(topic, 1)
		c.publish(text(topic, 2, "once, with the new QoS"))
		c.publish(text(topic, 1, "after it"))
		c.want(text(topic, 1, "once, with the new QoS"), text(topic, 1, "after it"))
	}, kind.stays)
}

// TestDollarTopics proves that a filter that begins with a wildcard gets no topic that begins with $, and that publishing to
// such a topic is acknowledged and does no harm.
func TestDollarTopics(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		level := newID()
		wild := dial(t, k, options{})
		wild.subscribe("+/"+level, 2)
		pub := dial(t, find(t, "paho-go-3.1.1"), options{}) // to MQTT 5 the broker may say that it takes no such topic
		for qos := range byte(3) {
			pub.publish(text("$own/"+level, qos, "hidden"))
			plain := text("own/"+level, qos, "plain")
			pub.publish(plain)
			wild.want(plain)
		}
	})
}
