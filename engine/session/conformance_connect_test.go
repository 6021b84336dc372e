package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestProtocolNameAndLevel proves [MQTT-3.1.2-1] and [MQTT-3.1.2-2], with the answers that [MQTT-3.1.2-2 v3.1.1] wants where the level
// is one that the broker knows, and none for a level that it does not know.
func TestProtocolNameAndLevel(t *testing.T) {
	b := bench.New(t, 1, nil)
	only := func(v session.Versions) *bench.Client {
		return b.Through(b.Acceptor(session.ListenerSettings{Versions: v}), codec.V311)
	}
	for _, tt := range []struct {
		why  string
		v    codec.Version
		c    *bench.Client
		name string
		lvl  byte
		want []string
	}{
		{"another name", codec.V311, only(bench.AllVersions), "MQTX", 4, nil},
		{"another name", codec.V5, only(bench.AllVersions), "MQTX", 5, nil},
		{"a level that nobody knows", codec.V311, only(bench.AllVersions), "MQTT", 6, nil},
		{"a level that nobody knows", codec.V5, only(bench.AllVersions), "MQTT", 255, nil},
		{"3.1.1 where only 5 may come", codec.V311, only(session.Level5), "MQTT", 4, []string{"CONNACK code=0x01"}},
		{"5 where only 3.1.1 may come", codec.V5, only(session.Level4), "MQTT", 5, []string{"CONNACK code=0x84"}},
	} {
		tt.c.Version = tt.v
		tt.c.Hello("c", func(p *codec.Connect) { p.ProtocolName, p.Level = []byte(tt.name), tt.lvl })
		tt.c.WantClosed(fmt.Sprint(tt.why, ", level ", tt.lvl), tt.want...)
	}
}

// TestConnectAgainstTheFormat proves that such a CONNECT closes the connection without CONNACK [MQTT-3.1.4-1], and that no code would
// fit [MQTT-3.2.2-6 v3.1.1]: reserved flag [MQTT-3.1.2-3]; will flag without will [MQTT-3.1.2-9]; will QoS and retain without a
// will [MQTT-3.1.2-11], [MQTT-3.1.2-13]; will QoS 3 [MQTT-3.1.2-12]; user name and password that do not agree with their flags
// [MQTT-3.1.2-16], [MQTT-3.1.2-17], [MQTT-3.1.2-18], [MQTT-3.1.2-19]; no client identifier [MQTT-3.1.3-3] or fields in another order
// [MQTT-3.1.3-1]; texts that are none [MQTT-3.1.3-4], [MQTT-3.1.3-11], [MQTT-3.1.3-12].
func TestConnectAgainstTheFormat(t *testing.T) {
	const flags = 2 + 2 + 4 + 1 // behind fixed header, name and level
	for _, v := range []codec.Version{codec.V311, codec.V5} {
		plain := codec.AppendConnect(nil, &codec.Connect{Version: v, ClientID: []byte("c")})
		flagged := func(f byte) []byte {
			p := append([]byte(nil), plain...)
			p[flags] |= f
			return p
		}
		made := func(how func(*codec.Connect)) []byte {
			p := codec.Connect{Version: v, ClientID: []byte("c")}
			how(&p)
			return codec.AppendConnect(nil, &p)
		}
		resized := func(p []byte) []byte {
			p = append([]byte(nil), p...)
			p[1] = byte(len(p) - 2)
			return p
		}
		all := []byte(nil)
		for _, tt := range []struct {
			why string
			raw []byte
		}{
			{"reserved flag", flagged(0x01)},
			{"will flag without a will", flagged(0x04)},
			{"will QoS without the will flag", flagged(0x08)},
			{"will retain without the will flag", flagged(0x20)},
			{"will QoS 3", made(func(p *codec.Connect) { p.HasWill, p.Will = true, codec.Will{Topic: []byte("t"), QoS: 3} })},
			{"user name flag without a user name", flagged(0x80)},
			{"user name without its flag", resized(append(append(all, plain...), 0, 1, 'u'))},
			{"password flag without a password", flagged(0xC0)},
			{"nothing behind the header", resized(plain[:flags+3])},
			{"the user name before the client identifier, which is cut", resized(append(append(all, plain[:len(plain)-3]...), 0, 9, 'u'))},
			{"client identifier that is not UTF-8", made(func(p *codec.Connect) { p.ClientID = []byte("\xc3\x28") })},
			{"client identifier with U+0000", made(func(p *codec.Connect) { p.ClientID = []byte("a\x00") })},
			{"will topic that is not UTF-8", made(func(p *codec.Connect) { p.HasWill, p.Will = true, codec.Will{Topic: []byte("\xff")} })},
			{"user name that is not UTF-8", made(func(p *codec.Connect) { p.HasUsername, p.Username = true, []byte("\xff") })},
		} {
			b := bench.New(t, 1, nil)
			c := b.Open(v)
			c.Raw(tt.raw)
			c.WantClosed(fmt.Sprint(tt.why, ", version ", v))
			if n := b.Broker.Clients(); n != 0 {
				t.Errorf("%s: %d client records", tt.why, n)
			}
		}
	}
	c := bench.New(t, 1, nil).Open(codec.V311)
	c.Hello("c", func(p *codec.Connect) { p.HasPassword, p.Password = true, []byte("p") })
	c.WantClosed("password without user name [MQTT-3.1.2-22 v3.1.1]")
}

// TestSessionsByCleanStart proves what becomes of sessions: a new one where there is none [MQTT-3.1.2-6], [MQTT-3.2.2-3]; kept after the
// connection [MQTT-3.1.2-23] and resumed [MQTT-3.1.2-5] by its client identifier alone [MQTT-3.1.3-2]; discarded by a clean start
// [MQTT-3.1.2-4], [MQTT-3.1.4-4], which never says session present [MQTT-3.2.2-2].
func TestSessionsByCleanStart(t *testing.T) {
	for _, v := range versions {
		b := bench.New(t, 2, nil)
		pub := b.Connect(v, "pub")
		greet := func(id string, how func(*codec.Connect), present bool, lines ...string) *bench.Client {
			t.Helper()
			c := b.Open(v)
			c.Hello(id, how)
			first := "CONNACK code=0x00"
			if present {
				first = "CONNACK session-present code=0x00"
			}
			c.Want(fmt.Sprint(id, " of version ", v), append([]string{first}, lines...)...)
			return c
		}
		c := greet("c", bench.Persistent, false)
		c.Subscribe("t", 1)
		c.Hangup()
		pub.Send(bench.Publish("t", "1", 1, 1))
		greet("d", bench.Persistent, false)
		c = greet("c", bench.Persistent, true, `PUBLISH qos=1 id=1 topic="t" payload="1"`)
		c.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
		pub.Send(bench.Publish("t", "2", 0, 0))
		c.Want("still subscribed", `PUBLISH qos=0 topic="t" payload="2"`)
		c.Hangup()
		c = greet("c", func(*codec.Connect) {}, false)
		pub.Send(bench.Publish("t", "3", 0, 0))
		c.WantNothing("nothing is left of the old session")
	}
}

// TestSessionLastsAsLongAsItsConnection proves that state is kept while the client is connected, however long [MQTT-4.1.0-1], and
// discarded when the connection has ended and the life time of the session is over [MQTT-4.1.0-2].
func TestSessionLastsAsLongAsItsConnection(t *testing.T) {
	const day = 24 * time.Hour
	for _, v := range versions {
		b := bench.New(t, 1, func(s *session.Settings) { s.PersistentClientExpiration = time.Hour })
		pub, c := b.Connect(v, "pub"), b.Connect(v, "c", bench.Persistent) // an hour in MQTT 5 too
		c.Subscribe("t", 1)
		b.Advance(day)
		pub.Send(bench.Publish("t", "1", 1, 1))
		c.Want("after a day", `PUBLISH qos=1 id=1 topic="t" payload="1"`)
		c.Hangup()
		b.Advance(time.Hour - time.Minute)
		c = b.Open(v)
		c.Hello("c", bench.Persistent)
		c.Want("in time", "CONNACK session-present code=0x00", `PUBLISH dup qos=1 id=1 topic="t" payload="1"`)
		c.Send(bench.Ack{Type: codec.PUBACK, ID: 1})
		b.Advance(day)
		pub.Send(bench.Publish("t", "2", 1, 2))
		c.Want("the time of absence has no end in its presence", `PUBLISH qos=1 id=2 topic="t" payload="2"`)
		c.Hangup()
		b.Advance(time.Hour + time.Minute)
		c = b.Open(v)
		c.Hello("c", bench.Persistent)
		c.Want("too late", "CONNACK code=0x00")
		clean := b.Connect(v, "clean")
		clean.Subscribe("t", 1)
		clean.Hangup()
		clean = b.Open(v)
		clean.Hello("clean", bench.Persistent)
		clean.Want("the session of a clean start ended with its connection", "CONNACK code=0x00")
	}
}

// TestClientIdentifiersOfTheStandard proves [MQTT-3.1.3-5]: with the default limit, every length up to 23 and every digit and letter.
func TestClientIdentifiersOfTheStandard(t *testing.T) {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, v := range versions {
		b := bench.New(t, 1, nil)
		for i := range alphabet {
			size := 1 + i%23
			id := (alphabet + alphabet)[i : i+size]
			c := b.Open(v)
			c.Hello(id)
			c.Want("id "+id, "CONNACK code=0x00")
		}
	}
}

// TestAssignedIdentifiers proves that clients without an identifier get one each [MQTT-3.1.3-6], that MQTT 5 clients are told it
// [MQTT-3.2.2-16], and that it serves like one of their own [MQTT-3.1.3-7].
func TestAssignedIdentifiers(t *testing.T) {
	for _, v := range []codec.Version{codec.V311, codec.V5} {
		// A client that comes back with its assigned identifier is held to the limit for those of clients.
		b := bench.New(t, 1, func(s *session.Settings) { s.MaxClientIDSize = 100 })
		var ids []string
		var clients []*bench.Client
		for range 3 {
			c := b.Open(v)
			c.Hello("", func(p *codec.Connect) {
				if v == codec.V5 {
					bench.Persistent(p)
				}
			})
			got := c.Take()
			if len(got) != 1 || !strings.HasPrefix(got[0], "CONNACK code=0x00") {
				t.Fatalf("version %s: got %q", v, got)
			}
			c.Subscribe("t", 1)
			clients = append(clients, c)
			if v == codec.V5 {
				_, id, _ := strings.Cut(got[0], `Assigned Client Identifier="`)
				id, _, _ = strings.Cut(id, `"`)
				ids = append(ids, id)
			} else if strings.Contains(got[0], "anon") {
				t.Errorf("3.1.1 has no way to be told: %s", got[0])
			}
		}
		for _, c := range clients {
			c.WantOpen("nobody was taken over")
		}
		if n := b.Broker.Clients(); n != 3 {
			t.Errorf("version %s: %d clients, want 3", v, n)
		}
		for i, id := range ids {
			clients[i].Hangup()
			c := b.Open(v)
			c.Hello(id, bench.Persistent)
			c.Want("the session of "+id, "CONNACK session-present code=0x00")
		}
	}
}

// TestRefusedConnect proves that a refusal is answered with a code of the version [MQTT-3.2.2-8], says nothing of the session that there
// is [MQTT-3.2.2-6], closes the connection [MQTT-3.2.2-7], [MQTT-4.13.2-1], and that what came behind it is not looked at
// [MQTT-3.1.4-6]. The bench checks the form of each CONNACK [MQTT-3.2.2-1].
func TestRefusedConnect(t *testing.T) {
	for _, tt := range []struct {
		why  string
		id   string
		how  func(*codec.Connect)
		shut bool // nobody is let in any more
		want map[codec.Version]string
	}{
		{"identifier that is too long [MQTT-3.1.3-8], [MQTT-3.1.3-9 v3.1.1]", strings.Repeat("x", 24), bench.Persistent, false,
			map[codec.Version]string{codec.V311: "0x02", codec.V5: "0x85"}},
		{"no identifier for a session that is to last [MQTT-3.1.3-8 v3.1.1]", "", bench.Persistent, false,
			map[codec.Version]string{codec.V311: "0x02"}},
		{"not let in [MQTT-3.1.4-2]", "c", bench.Persistent, true,
			map[codec.Version]string{codec.V311: "0x05", codec.V5: "0x86"}},
		{"unknown authentication method [MQTT-4.12.0-1]", "c", func(p *codec.Connect) { p.Props.SetAuthMethod([]byte("SCRAM")) }, false,
			map[codec.Version]string{codec.V5: "0x8c"}},
	} {
		for v, code := range tt.want {
			b := bench.New(t, 1, nil)
			watch, old := b.Connect(v, "watch"), b.Connect(v, "c", bench.Persistent)
			watch.Subscribe("#", 0)
			old.Hangup()
			if tt.shut {
				set := *b.Broker.Settings()
				set.AllowAnonymous = false
				b.Broker.Apply(&set)
			}
			c := b.Open(v)
			p := codec.Connect{Version: v, ClientID: []byte(tt.id)}
			tt.how(&p)
			packets := codec.AppendConnect(nil, &p)
			packets = codec.AppendPublish(packets, v, bench.Publish("t", "x", 1, 1))
			packets = codec.AppendPingreq(packets)
			c.Raw(packets)
			c.WantClosed(fmt.Sprint(tt.why, ", version ", v), "CONNACK code="+code)
			watch.WantNothing("the message behind it")
		}
	}
}

// TestConnackComesFirst proves that CONNACK 0x00 [MQTT-3.1.4-5] comes before whatever waits for the client or answers what it sent
// without waiting [MQTT-3.2.0-1], once [MQTT-3.2.0-2], without reserved flags [MQTT-3.2.2-1], and with no authentication method where
// none was named [MQTT-4.12.0-6].
func TestConnackComesFirst(t *testing.T) {
	for _, v := range []codec.Version{codec.V311, codec.V5} {
		for _, loops := range []int{1, 2} {
			b := bench.New(t, loops, nil)
			pub, c := b.Connect(v, "pub"), b.Connect(v, "c", bench.Persistent)
			c.Subscribe("t", 1)
			c.Hangup()
			pub.Send(bench.Publish("t", "1", 1, 1))
			c = b.Open(v)
			p := codec.Connect{Version: v, ClientID: []byte("c")}
			bench.Persistent(&p)
			c.Raw(codec.AppendPublish(codec.AppendPingreq(codec.AppendConnect(nil, &p)), v, bench.Publish("x", "x", 1, 9)))
			c.Want("in this order", "CONNACK session-present code=0x00", `PUBLISH qos=1 id=1 topic="t" payload="1"`, "PINGRESP", "PUBACK id=9 code=0x00")
			for range 10 {
				c.Send(bench.Ping{})
				c.Want("no other CONNACK", "PINGRESP")
			}
			c = b.Open(v)
			c.Hello("raw")
			if raw := c.Peer.Take(); len(raw) < 4 || raw[0] != 0x20 || raw[2] != 0 || raw[3] != 0 {
				t.Errorf("version %s: CONNACK % x", v, raw)
			}
		}
	}
}

// TestKeepAliveIsTheClientsOwn proves [MQTT-3.2.2-22]: no Server Keep Alive is sent, and the client's value counts to the second.
func TestKeepAliveIsTheClientsOwn(t *testing.T) {
	for _, v := range versions {
		for _, seconds := range []uint16{1, 7, 100} {
			b := bench.New(t, 1, nil)
			c := b.Open(v)
			c.Hello("c", keepAlive(seconds))
			c.Want("nothing but", "CONNACK code=0x00")
			whole := time.Duration(seconds) * time.Second
			b.Advance(whole * 149 / 100)
			c.WantOpen("before one and a half times")
			b.Advance(whole*11/100 + 100*time.Millisecond)
			if c.Take(); !c.Peer.Ended() {
				t.Errorf("version %s: open after 1.6 times %d seconds", v, seconds)
			}
		}
	}
}

// TestNothingBeforeConnackSaysWhy proves [MQTT-3.14.0-1]: a client that is not connected is sent no DISCONNECT, whatever it does.
func TestNothingBeforeConnackSaysWhy(t *testing.T) {
	for _, raw := range []string{
		"\xc0\x00",                     // not CONNECT
		"\x11\x00",                     // flags of CONNECT
		"\x10\xff\xff\xff\xff\x01",     // length
		"\x10\x06\x00\x04MQTT",         // cut
		"\x10\x05\x00\x03MQT",          // name
		"\x10\x07\x00\x04MQTT\x05\x00", // an end in the middle of the header, with one byte too many
	} {
		c := bench.New(t, 1, nil).Open(codec.V5)
		c.Raw([]byte(raw))
		c.WantClosed(fmt.Sprintf("%q", raw))
	}
	b := bench.New(t, 1, nil)
	c := b.Open(codec.V5)
	c.Hello("c", func(p *codec.Connect) { p.HasWill, p.Will.Topic = true, []byte("a/#") })
	c.WantClosed("will topic with a wildcard")
}
