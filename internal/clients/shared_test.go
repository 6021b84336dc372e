package clients

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

// TestShared proves that a shared subscription gives each message to exactly one member, whatever libraries and versions the
// members have, that no member of several goes without, and that a subscriber outside of the group gets all.
func TestShared(t *testing.T) {
	for _, names := range [][]string{
		{"paho-go-3.1.1", "paho-go-5"},
		{"paho-python-3.1.1", "mqtt.js-5", "paho-go-3.1"},
		{"mosquitto-5", "paho-python-5", "mqtt.js-3.1.1", "mosquitto-3.1.1"},
	} {
		for qos := range byte(3) {
			t.Run(fmt.Sprintf("%v/qos=%d", names, qos), func(t *testing.T) {
				const count = 200
				topic, group := newTopic(), newID()
				var members []*conn
				for _, name := range names {
					c := dial(t, find(t, name), options{})
					c.subscribe("$share/"+group+"/"+topic+"/+", qos)
					members = append(members, c)
				}
				outside := dial(t, find(t, "paho-go-5"), options{})
				outside.subscribe(topic+"/#", qos)

				pub := dial(t, find(t, "paho-go-3.1.1"), options{})
				sent := numbered(topic+"/work", qos, count)
				pub.publish(sent...)
				outside.want(sent...)

				seen := map[string]int{}
				shares := make([]int, len(members))
				for range count {
					i, m := receiveAny(t, members)
					seen[string(m.Payload)]++
					shares[i]++
				}
				for _, m := range sent {
					if n := seen[string(m.Payload)]; n != 1 {
						t.Errorf("%q reached %d members, want 1", m.Payload, n)
					}
				}
				for i, n := range shares {
					if n == 0 {
						t.Errorf("%s got none of %d messages, the members got %v", members[i].kind, count, shares)
					}
				}
			})
		}
	}
}

// TestSharedMemberLeaves proves that a group whose member disconnects goes on with the others: they get everything.
func TestSharedMemberLeaves(t *testing.T) {
	each(t, func(t *testing.T, k kind) {
		topic, group := newTopic(), newID()
		stays, leaves := dial(t, find(t, "paho-go-5"), options{}), dial(t, k, options{})
		for _, c := range []*conn{stays, leaves} {
			c.subscribe("$share/"+group+"/"+topic, 1)
		}
		leaves.disconnect()
		// The broker may still be handling the end of that connection; a connection with its client id waits for that.
		dial(t, find(t, "paho-go-3.1.1"), options{ID: leaves.id}).disconnect()

		pub := dial(t, find(t, "paho-go-3.1.1"), options{})
		sent := numbered(topic, 1, 20)
		pub.publish(sent...)
		stays.want(sent...)
	})
}

// receiveAny waits for the next message of any of the clients and tells whose it was.
func receiveAny(t *testing.T, conns []*conn) (int, message) {
	t.Helper()
	cases := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(time.After(patience))}}
	for _, c := range conns {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c.in.news)})
	}
	for {
		for i, c := range conns {
			if m, ok := c.in.take(); ok {
				return i, m
			}
		}
		if chosen, _, _ := reflect.Select(cases); chosen == 0 {
			t.Fatalf("no message for any of %d clients after %v", len(conns), patience)
		}
	}
}
