package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// counted is what has changed between two snapshots, a line for each counter: name, labels in braces but for the key, and by how
// much. Bytes, figures of the process and gauges are left out: every action moves them.
func counted(before, after metric.Snapshot) (lines []string) {
	for i, x := range after {
		was := before[i]
		if x.Name != was.Name || !slices.Equal(x.Labels, was.Labels) {
			return []string{"the snapshots have different series"}
		}
		if x.Type != metric.Counter || x.Value == was.Value || strings.HasPrefix(x.Name, "system_") || strings.HasPrefix(x.Name, "bytes_") ||
			strings.HasPrefix(x.Name, "store_") { // depends on how operations gather
			continue
		}
		line := x.Name
		for _, l := range x.Labels {
			line += " " + l.Value
		}
		if n := x.Value - was.Value; n != 1 {
			line += fmt.Sprint(" +", n)
		}
		lines = append(lines, line)
	}
	return lines
}

// connectIn makes a client and returns it after its CONNACK.
func connectIn(v codec.Version, id string, change ...func(*codec.Connect)) func(*bench.Bench) *bench.Client {
	return func(b *bench.Bench) *bench.Client { return b.Connect(v, id, change...) }
}

func open(v codec.Version) func(*bench.Bench) *bench.Client {
	return func(b *bench.Bench) *bench.Client { return b.Open(v) }
}

// subscribed is a client with a subscription to t.
func subscribed(v codec.Version, qos byte, change ...func(*codec.Connect)) func(*bench.Bench) *bench.Client {
	return func(b *bench.Bench) *bench.Client {
		c := b.Connect(v, "c", change...)
		c.Subscribe("t", qos)
		return c
	}
}

// receiving is a subscribed client that has got a message of that QoS, with packet id 1, and not answered.
func receiving(v codec.Version, qos byte) func(*bench.Bench) *bench.Client {
	return func(b *bench.Bench) *bench.Client {
		c := subscribed(v, qos)(b)
		p := b.Connect(codec.V5, "publisher")
		p.Send(bench.Publish("t", "x", qos, 1))
		return c
	}
}

// TestCounting does one thing at a time and compares all counters that have changed with what they should be.
func TestCounting(t *testing.T) {
	wait := func(d time.Duration) func(*bench.Bench, *bench.Client) {
		return func(b *bench.Bench, _ *bench.Client) { b.Advance(d) }
	}
	send := func(packets ...any) func(*bench.Bench, *bench.Client) {
		return func(_ *bench.Bench, c *bench.Client) { c.Send(packets...) }
	}
	publish := func(topic string, n int) func(*bench.Bench, *bench.Client) {
		return func(b *bench.Bench, _ *bench.Client) {
			for range n {
				b.Do(0, func() {
					b.Broker.Local(b.Broker.Loops()[0]).Publish(mountpoint(b), &session.Publication{Topic: []byte(topic), Payload: []byte("x"), QoS: 1})
				})
			}
		}
	}
	for _, test := range []struct {
		what   string
		set    func(*session.Settings)
		before func(*bench.Bench) *bench.Client
		action func(*bench.Bench, *bench.Client)
		want   []string
	}{
		{"a connection opens", nil, func(*bench.Bench) *bench.Client { return nil },
			func(b *bench.Bench, _ *bench.Client) { b.Open(codec.V5) }, []string{"socket_open"}},
		{"it sends no CONNECT in time", nil,
			func(b *bench.Bench) *bench.Client { return b.OpenLimited(codec.V5, 5*time.Second) },
			wait(6 * time.Second), []string{"socket_close", "socket_close_timeout"}},
		{"the client resets it", nil, open(codec.V5),
			func(_ *bench.Bench, c *bench.Client) { c.Peer.Reset() }, []string{"socket_close", "socket_error"}},
		{"the client closes it", nil, open(codec.V5),
			func(_ *bench.Bench, c *bench.Client) { c.Hangup() }, []string{"socket_close"}},
		{"another packet comes first", nil, open(codec.V5), send(bench.Ping{}), []string{"mqtt_protocol_error 4", "socket_close"}},

		{"CONNECT of MQTT 5", nil, open(codec.V5), func(_ *bench.Bench, c *bench.Client) { c.Hello("c") },
			[]string{"mqtt_connack_sent 5 success", "mqtt_connect_received 5", "queue_setup"}},
		{"CONNECT of MQTT 3.1.1", nil, open(codec.V311), func(_ *bench.Bench, c *bench.Client) { c.Hello("c") },
			[]string{"mqtt_connack_sent 4 success", "mqtt_connect_received 4", "queue_setup"}},
		{"CONNECT of MQTT 3.1", nil, open(codec.V31), func(_ *bench.Bench, c *bench.Client) { c.Hello("c") },
			[]string{"mqtt_connack_sent 4 success", "mqtt_connect_received 4", "queue_setup"}},
		{"CONNECT with a client id that is too long", func(s *session.Settings) { s.MaxClientIDSize = 3 }, open(codec.V5),
			func(_ *bench.Bench, c *bench.Client) { c.Hello("long") },
			[]string{"mqtt_connack_sent 5 client_identifier_not_valid", "mqtt_connect_received 5", "socket_close"}},
		{"the same in MQTT 3.1.1", func(s *session.Settings) { s.MaxClientIDSize = 3 }, open(codec.V311),
			func(_ *bench.Bench, c *bench.Client) { c.Hello("long") },
			[]string{"mqtt_connack_sent 4 client_identifier_not_valid", "mqtt_connect_received 4", "socket_close"}},
		{"CONNECT without credentials where they are needed", func(s *session.Settings) { s.AllowAnonymous = false }, open(codec.V311),
			func(_ *bench.Bench, c *bench.Client) { c.Hello("c") },
			[]string{"mqtt_connack_sent 4 not_authorized", "mqtt_connect_received 4", "socket_close"}},
		{"a second CONNECT", nil, connectIn(codec.V5, "c"), func(_ *bench.Bench, c *bench.Client) { c.Hello("c") },
			[]string{"mqtt_disconnect_sent 5 protocol_error", "mqtt_protocol_error 5", "queue_teardown", "socket_close"}},
		{"takeover", nil, connectIn(codec.V5, "c", bench.Persistent), func(b *bench.Bench, _ *bench.Client) { b.OpenOn(0, codec.V5).Hello("c", bench.Persistent) },
			[]string{"mqtt_connack_sent 5 success", "mqtt_connect_received 5", "mqtt_disconnect_sent 5 session_taken_over", "socket_close", "socket_open"}},

		{"PINGREQ", nil, connectIn(codec.V311, "c"), send(bench.Ping{}), []string{"mqtt_pingreq_received 4", "mqtt_pingresp_sent 4"}},
		{"SUBSCRIBE with two filters", nil, connectIn(codec.V5, "c"),
			send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("a")}, {Filter: []byte("b")}}}),
			[]string{"mqtt_suback_sent 5", "mqtt_subscribe_received 5"}},
		{"UNSUBSCRIBE", nil, connectIn(codec.V5, "c"), send(&codec.Unsubscribe{PacketID: 1, Filters: [][]byte{[]byte("a")}}),
			[]string{"mqtt_unsuback_sent 5", "mqtt_unsubscribe_received 5"}},
		{"DISCONNECT of MQTT 5", nil, connectIn(codec.V5, "c"), send(&codec.Disconnect{Code: codec.DisconnectWithWill}),
			[]string{"mqtt_disconnect_received 5 disconnect_with_will_msg", "queue_teardown", "socket_close"}},
		{"DISCONNECT of MQTT 3.1.1", nil, connectIn(codec.V311, "c"), send(&codec.Disconnect{}),
			[]string{"mqtt_disconnect_received 4", "queue_teardown", "socket_close"}},
		{"silence", nil, connectIn(codec.V5, "c", func(p *codec.Connect) { p.KeepAlive = 10 }), wait(16 * time.Second),
			[]string{"client_keepalive_expired 5", "mqtt_disconnect_sent 5 keep_alive_timeout", "queue_teardown", "socket_close"}},
		{"a session that expires", nil, connectIn(codec.V5, "c", bench.Persistent),
			func(b *bench.Bench, c *bench.Client) { c.Hangup(); b.Advance(2 * time.Hour) },
			[]string{"queue_teardown", "session_expired", "socket_close"}},
		{"a packet that is too large", func(s *session.Settings) { s.MaxMessageSize = 100 }, connectIn(codec.V5, "c"),
			send(bench.Publish("t", strings.Repeat("x", 200), 0, 0)),
			[]string{"mqtt_disconnect_sent 5 packet_too_large", "mqtt_invalid_msg_size_error 5", "mqtt_protocol_error 5", "queue_teardown", "socket_close"}},
		{"a first packet that is too large", func(s *session.Settings) { s.MaxMessageSize = 20 }, open(codec.V5),
			func(_ *bench.Bench, c *bench.Client) { c.Hello(strings.Repeat("x", 22)) },
			[]string{"mqtt_invalid_msg_size_error 4", "mqtt_protocol_error 4", "socket_close"}},

		{"PUBLISH with QoS 0 and no receiver", nil, connectIn(codec.V5, "c"), send(bench.Publish("t", "x", 0, 0)),
			[]string{"mqtt_publish_received 5"}},
		{"PUBLISH with QoS 0 and a receiver", nil, subscribed(codec.V311, 0), send(bench.Publish("t", "x", 0, 0)),
			[]string{"mqtt_publish_received 4", "mqtt_publish_sent 4", "queue_message_in", "queue_message_out", "router_matches_local"}},
		{"PUBLISH with QoS 1", nil, connectIn(codec.V5, "c"), send(bench.Publish("t", "x", 1, 1)),
			[]string{"mqtt_puback_sent 5 success", "mqtt_publish_received 5"}},
		{"PUBLISH with QoS 1 of MQTT 3.1.1", nil, connectIn(codec.V311, "c"), send(bench.Publish("t", "x", 1, 1)),
			[]string{"mqtt_puback_sent 4", "mqtt_publish_received 4"}},
		{"PUBLISH with QoS 1 to $SYS", nil, connectIn(codec.V5, "c"), send(bench.Publish("$SYS/x", "x", 1, 1)),
			[]string{"mqtt_puback_sent 5 topic_name_invalid", "mqtt_publish_received 5"}},
		{"PUBLISH with QoS 2, and again", nil, connectIn(codec.V5, "c"),
			send(bench.Publish("t", "x", 2, 1), bench.Publish("t", "x", 2, 1)),
			[]string{"mqtt_publish_received 5 +2", "mqtt_pubrec_sent 5 success"}},
		{"PUBREL of it", nil, connectIn(codec.V5, "c"), send(bench.Publish("t", "x", 2, 1), bench.Ack{Type: codec.PUBREL, ID: 1}),
			[]string{"mqtt_pubcomp_sent 5 success", "mqtt_publish_received 5", "mqtt_pubrec_sent 5 success", "mqtt_pubrel_received 5 success"}},
		{"PUBREL of an unknown id", nil, connectIn(codec.V5, "c"), send(bench.Ack{Type: codec.PUBREL, ID: 9}),
			[]string{"mqtt_pubcomp_sent 5 packet_id_not_found", "mqtt_pubrel_received 5 success"}},
		{"PUBREL of an unknown id in MQTT 3.1.1", nil, connectIn(codec.V311, "c"), send(bench.Ack{Type: codec.PUBREL, ID: 9}),
			[]string{"mqtt_pubrel_received 4"}},

		{"PUBACK", nil, receiving(codec.V5, 1), send(bench.Ack{Type: codec.PUBACK, ID: 1}), []string{"mqtt_puback_received 5 success"}},
		{"PUBACK that refuses", nil, receiving(codec.V5, 1), send(bench.Ack{Type: codec.PUBACK, ID: 1, Code: codec.QuotaExceeded}),
			[]string{"message_drop refused", "mqtt_puback_received 5 quota_exceeded"}},
		{"PUBACK of an unknown id", nil, receiving(codec.V311, 1), send(bench.Ack{Type: codec.PUBACK, ID: 7}),
			[]string{"mqtt_puback_invalid_error 4", "mqtt_puback_received 4"}},
		{"PUBREC and PUBCOMP", nil, receiving(codec.V5, 2), send(bench.Ack{Type: codec.PUBREC, ID: 1}, bench.Ack{Type: codec.PUBCOMP, ID: 1}),
			[]string{"mqtt_pubcomp_received 5 success", "mqtt_pubrec_received 5 success", "mqtt_pubrel_sent 5 success"}},
		{"PUBREC of an unknown id", nil, receiving(codec.V5, 2), send(bench.Ack{Type: codec.PUBREC, ID: 7}),
			[]string{"mqtt_pubrec_received 5 success", "mqtt_pubrel_sent 5 packet_id_not_found"}},
		{"PUBREC of an unknown id in MQTT 3.1.1", nil, connectIn(codec.V311, "c"), send(bench.Ack{Type: codec.PUBREC, ID: 7}),
			[]string{"mqtt_protocol_error 4", "mqtt_pubrec_invalid_error 4", "mqtt_pubrec_received 4", "queue_teardown", "socket_close"}},
		{"PUBCOMP of an unknown id", nil, connectIn(codec.V5, "c"), send(bench.Ack{Type: codec.PUBCOMP, ID: 7}),
			[]string{"mqtt_disconnect_sent 5 protocol_error", "mqtt_protocol_error 5", "mqtt_pubcomp_invalid_error 5", "mqtt_pubcomp_received 5 success",
				"queue_teardown", "socket_close"}},
		{"a message nobody answers is repeated", func(s *session.Settings) { s.RetryInterval = 5 * time.Second }, receiving(codec.V311, 1),
			wait(6 * time.Second), []string{"mqtt_publish_sent 4"}},

		{"a message waits for the window", func(s *session.Settings) { s.MaxInflightMessages = 1 }, receiving(codec.V311, 1), publish("t", 1),
			[]string{"queue_message_buffered", "queue_message_in", "router_matches_local"}},
		{"a message too many", func(s *session.Settings) { s.MaxInflightMessages, s.MaxOnlineMessages = 1, 1 }, receiving(codec.V311, 1), publish("t", 2),
			[]string{"message_drop queue_full", "queue_message_buffered +2", "queue_message_drop", "queue_message_in +2", "router_matches_local +2"}},
		{"QoS 0 for a client that is away", nil, subscribed(codec.V5, 0, bench.Persistent),
			func(b *bench.Bench, c *bench.Client) { c.Hangup(); publish("t", 1)(b, c) },
			[]string{"message_drop offline", "queue_message_in", "queue_message_unhandled", "router_matches_local", "socket_close"}},
		{"a message that waits when the session ends", nil, subscribed(codec.V5, 1, bench.Persistent),
			func(b *bench.Bench, c *bench.Client) { c.Hangup(); publish("t", 1)(b, c); b.Advance(2 * time.Hour) },
			[]string{"message_drop session_cleanup", "queue_message_buffered", "queue_message_in", "queue_message_unhandled", "queue_teardown",
				"router_matches_local", "session_expired", "socket_close"}},
		{"a message that expires", func(s *session.Settings) { s.ReceiveMaxClient = 1 }, receiving(codec.V5, 1),
			func(b *bench.Bench, c *bench.Client) {
				p := bench.Publish("t", "x", 1, 1)
				p.Props.SetMessageExpiry(1)
				c.Send(p)
				b.Advance(2 * time.Second)
				c.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
			},
			[]string{"message_drop expired", "mqtt_puback_received 5 success", "mqtt_puback_sent 5 success", "mqtt_publish_received 5",
				"queue_message_buffered", "queue_message_expired", "queue_message_in", "router_matches_local"}},
		{"a message too large for the client", nil, subscribed(codec.V5, 0, func(p *codec.Connect) { p.Props.SetMaximumPacketSize(50) }),
			send(bench.Publish("t", strings.Repeat("x", 100), 0, 0)),
			[]string{"message_drop max_packet_size_exceeded", "mqtt_publish_received 5", "queue_message_in", "queue_message_out", "router_matches_local"}},
		{"a shared subscription without a member", nil,
			func(b *bench.Bench) *bench.Client {
				c := b.Connect(codec.V5, "member", bench.Persistent)
				c.Subscribe("$share/g/t", 0)
				c.Hangup()
				return b.Connect(codec.V5, "c")
			},
			send(bench.Publish("t", "x", 0, 0)), []string{"message_drop no_member", "mqtt_publish_received 5"}},
		{"a retained message for a new subscription", nil,
			func(b *bench.Bench) *bench.Client {
				c := b.Connect(codec.V5, "c")
				p := bench.Publish("t", "x", 0, 0)
				p.Retain = true
				c.Send(p)
				return c
			},
			send(&codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte("t")}}}),
			[]string{"mqtt_publish_sent 5", "mqtt_suback_sent 5", "mqtt_subscribe_received 5", "queue_message_in", "queue_message_out"}},
	} {
		t.Run(test.what, func(t *testing.T) {
			for _, loops := range []int{1, 2} {
				b := bench.New(t, loops, test.set)
				c := test.before(b)
				before := b.Metrics()
				test.action(b, c)
				if got := counted(before, b.Metrics()); !slices.Equal(got, test.want) {
					t.Errorf("%d loops: the counters that changed are\n%s\nwant\n%s", loops, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
				}
			}
		})
	}
}

// mountpoint is the one of the bench's clients.
func mountpoint(b *bench.Bench) (m *session.Mountpoint) {
	b.Broker.Each(func(c *session.Client) { m = c.Mountpoint })
	return m
}

// TestBytesCounted proves that received and sent bytes are those of the packets on the wire, whole payloads by reference included.
func TestBytesCounted(t *testing.T) {
	for _, size := range []int{10, 100_000} {
		b := bench.New(t, 2, nil)
		c := b.Connect(codec.V5, "c")
		c.Subscribe("t", 0)
		before := b.Metrics()
		packet := codec.AppendPublish(nil, codec.V5, bench.Publish("t", strings.Repeat("x", size), 0, 0))
		c.Raw(packet[:7])
		c.Raw(packet[7:])
		after := b.Metrics()
		for _, name := range []string{"bytes_received", "bytes_sent"} {
			was, _ := before.Find(name)
			if n, _ := after.Find(name); n-was != uint64(len(packet)) {
				t.Errorf("payload of %d: %s grows by %d, the packet has %d bytes", size, name, n-was, len(packet))
			}
		}
		c.Take()
	}
}

// TestConnectionsCounted proves that gauges follow connections and records, also of connections that moved to another loop, and that a
// reset of the counters leaves them as they are.
func TestConnectionsCounted(t *testing.T) {
	b := bench.New(t, 2, nil)
	want := func(what string, tcp, ws, clients uint64) {
		t.Helper()
		s := b.Metrics()
		for name, n := range map[string]uint64{"active_mqtt_connections": tcp, "active_mqttws_connections": ws, "total_active_connections": tcp + ws,
			"queue_processes": clients} {
			if got, found := s.Find(name); got != n || !found {
				t.Errorf("%s: %s is %d, want %d", what, name, got, n)
			}
		}
	}
	want("at first", 0, 0, 0)
	first := b.Connect(codec.V5, "c", bench.Persistent) // at home on loop 0
	first.Hangup()
	b.Advance(10 * time.Second)
	want("the client is away", 0, 0, 1)
	again := b.OpenOn(1, codec.V5)
	again.Hello("c", bench.Persistent)
	want("it came back on the other loop", 1, 0, 1)
	web := b.Through(b.Acceptor(session.ListenerSettings{Name: "web", Versions: bench.AllVersions, Type: "mqttws"}), codec.V5)
	want("one through WebSocket, without CONNECT", 1, 1, 1)
	b.Broker.ResetMetrics()
	want("after a reset", 1, 1, 1)
	if s := b.Metrics(); len(counted(zeroed(s), s)) > 0 {
		t.Errorf("after a reset these are not 0: %q", counted(zeroed(s), s))
	}
	web.Hangup()
	again.Hangup()
	want("all gone", 0, 0, 1)
}

// zeroed is s with 0 for all values.
func zeroed(s metric.Snapshot) metric.Snapshot {
	s = slices.Clone(s)
	for i := range s {
		s[i].Value = 0
	}
	return s
}

// TestMemoryByOwner proves that each owner's memory shows what it has, and what becomes of it.
func TestMemoryByOwner(t *testing.T) {
	b := bench.New(t, 2, func(s *session.Settings) { s.MaxOfflineMessages = -1 })
	of := func(owner string) uint64 {
		t.Helper()
		n, found := b.Metrics().Find("memory_bytes", metric.Label{Key: "owner", Value: owner})
		if !found {
			t.Fatalf("there is no owner %s", owner)
		}
		return n
	}
	grows := func(owner, why string, atLeast uint64, do func()) {
		t.Helper()
		was := of(owner)
		do()
		if n := of(owner); n < was+atLeast {
			t.Errorf("%s: %s grow from %d to %d, want %d more", why, owner, was, n, atLeast)
		}
	}
	p := b.Connect(codec.V5, "p")
	var c *bench.Client
	grows("sockets", "a connection", 100, func() { b.Open(codec.V5) })
	grows("sessions", "a session", 300, func() { c = b.Connect(codec.V5, "c", bench.Persistent) })
	grows("trie", "a subscription", 50, func() { c.Subscribe("t", 1) })
	grows("sockets", "a client that does not read", 50_000, func() {
		c.Peer.Block(true)
		p.Send(bench.Publish("t", strings.Repeat("x", 50_000), 1, 1))
	})
	c.Hangup()
	before := of("queues")
	grows("queues", "ten messages for a client that is away", 100_000, func() {
		for range 10 {
			p.Send(bench.Publish("t", strings.Repeat("x", 10_000), 1, 1))
		}
	})
	grows("retained", "a retained message", 100, func() {
		x := bench.Publish("r", "x", 0, 0)
		x.Retain = true
		p.Send(x)
	})
	back := b.OpenOn(0, codec.V5)
	back.Hello("c")
	if n := of("queues"); n >= before+10_000 {
		t.Errorf("a clean start leaves %d bytes in queues, of %d before", n, before)
	}
}
