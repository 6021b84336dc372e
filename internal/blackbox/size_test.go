package blackbox

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
)

// TestLongestOfEverything proves that topics, property values and payloads may be as long as their length fields say.
func TestLongestOfEverything(t *testing.T) {
	n := start(t, nil)
	long := strings.Repeat("l", 65535)
	sub, pub := n.connect(codec.V5, "sub"), n.connect(codec.V5, "pub")
	sub.subscribe(long, 1)
	p := &codec.Publish{Topic: []byte(long), Payload: bytes.Repeat([]byte("p"), 1<<20), QoS: 1, PacketID: 1}
	p.Props.SetCorrelationData([]byte(long))
	p.Props.SetContentType([]byte(long))
	p.Props.SetResponseTopic([]byte(long))
	p.Props.AddUser([]byte(long), []byte(long))
	pub.raw(codec.AppendPublish(nil, codec.V5, p))
	pub.want(codec.PUBACK)
	got := sub.wantPublish()
	if string(got.Topic) != long || !bytes.Equal(got.Payload, p.Payload) || string(got.Props.CorrelationData) != long ||
		string(got.Props.ContentType) != long || string(got.Props.ResponseTopic) != long {
		t.Errorf("topic of %d bytes, payload of %d, correlation data of %d, content type of %d, response topic of %d came",
			len(got.Topic), len(got.Payload), len(got.Props.CorrelationData), len(got.Props.ContentType), len(got.Props.ResponseTopic))
	}
	users := 0
	for k, v := range got.Props.UserProperties {
		if users++; string(k) != long || string(v) != long {
			t.Errorf("user property of %d and %d bytes", len(k), len(v))
		}
	}
	if users != 1 {
		t.Errorf("%d user properties", users)
	}
}

// TestPacketThatIsAnnouncedOnly proves that the length in a header costs no memory: clients announce 256 MiB each and send a little of it.
func TestPacketThatIsAnnouncedOnly(t *testing.T) {
	n := start(t, nil)
	other := n.connect(codec.V311, "other")
	before := heap()
	const clients, body = 20, 10000
	head := append([]byte{0x30, 0xFF, 0xFF, 0xFF, 0x7F}, make([]byte, body)...)
	var all []*client
	begin := n.received()
	for range clients {
		c := n.connect(codec.V5, "")
		c.raw(head)
		all = append(all, c)
	}
	n.until("the bytes are read", func() bool { return n.received()-begin >= clients*body })
	other.ping()
	if grown := heap() - before; grown > 32<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	for _, c := range all {
		c.CloseWrite()
		c.wantEnd()
	}
}

// heap is the memory in use, after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMaxMessageSize proves that a packet above the limit is refused as soon as its header is there, in each version, and one at the limit
// taken.
func TestMaxMessageSize(t *testing.T) {
	const limit = 1000
	n := start(t, func(s *session.Settings, _ *engine.ListenerOptions) { s.MaxMessageSize = limit })
	for _, v := range versions {
		c := n.connect(v, "c")
		p := &codec.Publish{Topic: []byte("t"), QoS: 1, PacketID: 1}
		for len(codec.AppendPublish(nil, v, p)) < limit+3 { // fixed header of three bytes
			p.Payload = append(p.Payload, 'x')
		}
		c.raw(codec.AppendPublish(nil, v, p))
		c.want(codec.PUBACK)
		p.Payload = append(p.Payload, 'x')
		c.raw(codec.AppendPublish(nil, v, p)[:3])
		if v == codec.V5 {
			var d codec.Disconnect
			if err := codec.ParseDisconnect(c.want(codec.DISCONNECT).Body, v, &d); err != nil || d.Code != codec.PacketTooLarge {
				t.Errorf("DISCONNECT with code %#x, want %#x (%v)", d.Code, codec.PacketTooLarge, err)
			}
		}
		c.wantEnd()
	}
}
