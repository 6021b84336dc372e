package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

func TestConnectIsAccepted(t *testing.T) {
	b := bench.New(t, 1, nil)
	for _, tt := range []struct {
		why  string
		v    codec.Version
		id   string
		how  func(*codec.Connect)
		want string
	}{
		{"3.1", codec.V31, "c31", func(*codec.Connect) {}, "CONNACK code=0x00"},
		{"3.1.1", codec.V311, "c311", func(*codec.Connect) {}, "CONNACK code=0x00"},
		{"5", codec.V5, "c5", func(*codec.Connect) {}, "CONNACK code=0x00"},
		{"user name and password are of no interest to an open broker", codec.V311, "u", func(p *codec.Connect) {
			p.HasUsername, p.Username, p.HasPassword, p.Password = true, []byte("u"), true, []byte("p")
		}, "CONNACK code=0x00"},
		{"bridge level 131", codec.V31, "b131", func(p *codec.Connect) { p.Bridge, p.Level = true, 131 }, "CONNACK code=0x00"},
		{"bridge level 132", codec.V311, "b132", func(p *codec.Connect) { p.Bridge, p.Level = true, 132 }, "CONNACK code=0x00"},
		{"id of exactly the longest size", codec.V311, strings.Repeat("x", 23), func(*codec.Connect) {}, "CONNACK code=0x00"},
		{"a new persistent session is not present", codec.V311, "p", bench.Persistent, "CONNACK code=0x00"},
	} {
		c := b.Open(tt.v)
		c.Hello(tt.id, tt.how)
		c.Want(tt.why, tt.want)
		c.WantOpen(tt.why)
	}
}

func TestConnectIsRefused(t *testing.T) {
	closed := bench.New(t, 1, func(s *session.Settings) { s.AllowAnonymous = false })
	open := bench.New(t, 1, nil)
	old := open.Acceptor(session.ListenerSettings{}) // 3 and 4 only, the default
	for _, tt := range []struct {
		why  string
		c    *bench.Client
		id   string
		how  func(*codec.Connect)
		want []string
	}{
		{"nobody lets 3.1.1 in", closed.Open(codec.V311), "c", nil, []string{"CONNACK code=0x05"}},
		{"nobody lets 5 in", closed.Open(codec.V5), "c", nil, []string{"CONNACK code=0x86"}},
		{"id too long for 3.1.1", open.Open(codec.V311), strings.Repeat("x", 24), nil, []string{"CONNACK code=0x02"}},
		{"id too long for 5", open.Open(codec.V5), strings.Repeat("x", 24), nil, []string{"CONNACK code=0x85"}},
		{"3.1 needs an id", open.Open(codec.V31), "", nil, []string{"CONNACK code=0x02"}},
		{"3.1.1 needs an id for a persistent session", open.Open(codec.V311), "", bench.Persistent, []string{"CONNACK code=0x02"}},
		{"5 is not allowed by default", open.Through(old, codec.V5), "c", nil, []string{"CONNACK code=0x84"}},
		{"131 is not allowed by default", open.Through(old, codec.V31), "c", func(p *codec.Connect) { p.Bridge, p.Level = true, 131 }, []string{"CONNACK code=0x01"}},
		{"no authentication method is known", open.Open(codec.V5), "c", func(p *codec.Connect) { p.Props.SetAuthMethod([]byte("SCRAM")) }, []string{"CONNACK code=0x8c"}},
		{"will topic with a wildcard", open.Open(codec.V5), "c", func(p *codec.Connect) { p.HasWill, p.Will.Topic = true, []byte("a/#") }, nil},
		{"will topic too deep", open.Open(codec.V311), "c", func(p *codec.Connect) { p.HasWill, p.Will.Topic = true, []byte("1/2/3/4/5/6/7/8/9/10/11") }, nil},
		{"id that is not UTF-8", open.Open(codec.V311), "\xff", nil, nil},
	} {
		how := tt.how
		if how == nil {
			how = func(*codec.Connect) {}
		}
		tt.c.Hello(tt.id, how)
		tt.c.WantClosed(tt.why, tt.want...)
	}
	open.Advance(2 * time.Second) // time for the peers to close their side
	if n := open.Fake.Loop(0).Connections(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}

// TestMQIsdpWithAnotherLevel proves that an unknown level of the old protocol is answered, and one of the new is not.
func TestUnknownLevels(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Open(codec.V31)
	c.Raw([]byte("\x10\x0f\x00\x06MQIsdp\x02\x02\x00\x00\x00\x01c"))
	c.WantClosed("MQIsdp with level 2: unacceptable protocol version", "CONNACK code=0x01")
	c = b.Open(codec.V311)
	c.Raw([]byte("\x10\x0d\x00\x04MQTT\x06\x02\x00\x00\x00\x01c"))
	c.WantClosed("MQTT with level 6: closed without an answer")
	c = b.Open(codec.V311)
	c.Raw([]byte("\x10\x0d\x00\x04MQTX\x04\x02\x00\x00\x00\x01c"))
	c.WantClosed("another protocol: closed without an answer")
}

// TestAssignedClientID proves that the broker makes an id where the version allows it, exempt from the size limit.
func TestAssignedClientID(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Open(codec.V311)
	c.Hello("")
	c.Want("3.1.1 clean", "CONNACK code=0x00")

	c = b.Open(codec.V5)
	c.Hello("")
	got := c.Take()
	if len(got) != 1 || !strings.HasPrefix(got[0], "CONNACK code=0x00") || !strings.Contains(got[0], "anon-") {
		t.Fatalf("version 5 is told its id: got %q", got)
	}
}

// TestConnackAnnouncesLimits proves that MQTT 5 clients hear of the limits that differ from the protocol's, and only of those.
func TestConnackAnnouncesLimits(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.ReceiveMaxBroker, s.MaxMessageSize = 7, 1000 })
	c := b.Open(codec.V5)
	c.Hello("c")
	got := c.Take()
	if len(got) != 1 || !strings.Contains(got[0], "7") || !strings.Contains(got[0], "1000") {
		t.Fatalf("got %q, want receive maximum 7 and maximum packet size 1000", got)
	}
}

// TestListenerMayOpenTheDoor proves that the override of a listener lets its clients in, and only its.
func TestListenerMayOpenTheDoor(t *testing.T) {
	b := bench.New(t, 1, func(s *session.Settings) { s.AllowAnonymous = false })
	c := b.Through(b.Acceptor(session.ListenerSettings{AllowAnonymous: true}), codec.V311)
	c.Hello("c")
	c.Want("overridden", "CONNACK code=0x00")
}

// TestAssignedIDComesBack proves that a client may come back under the id that the broker gave it, which is longer than ids may be by
// default.
func TestAssignedIDComesBack(t *testing.T) {
	b := bench.New(t, 1, nil)
	c := b.Open(codec.V5)
	c.Hello("", func(p *codec.Connect) { p.Props.SetSessionExpiry(100) })
	_, id, _ := strings.Cut(c.Take()[0], `Assigned Client Identifier="`)
	id, _, _ = strings.Cut(id, `"`)
	c.Hangup()
	c = b.Open(codec.V5)
	c.Hello(id, func(p *codec.Connect) { p.CleanStart = false })
	c.Want("the session goes on", "CONNACK session-present code=0x00")
	c = b.Open(codec.V5)
	c.Hello("anon-and-more-of-the-same-length-")
	c.Take()
	c = b.Open(codec.V5)
	c.Hello("anon-and-more-than-the-same-length")
	c.WantClosed("another id of that kind", "CONNACK code=0x85")
}
