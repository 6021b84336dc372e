package session_test

import (
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/internal/invariants"
)

// TestFullDisk proves that a message which cannot be stored is not acknowledged, that everything else is served meanwhile, and that the
// acknowledgement comes when the disk has room again.
func TestFullDisk(t *testing.T) {
	var full atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if full.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return syscall.ENOSPC
		}
		return nil
	}))
	b := bench.NewStored(t, 2, fs, nil)
	away := b.Connect(codec.V5, "away", bench.Persistent)
	away.Subscribe("stored", 1)
	away.Hangup()
	clean, pub, other := b.Connect(codec.V5, "clean"), b.Connect(codec.V5, "pub"), b.Connect(codec.V5, "other")
	clean.Subscribe("#", 1)

	full.Store(true)
	b.Unplugged()
	pub.Send(bench.Publish("stored", "1", 1, 1))
	clean.Want("a connected subscriber does not wait", `PUBLISH qos=1 id=1 topic="stored" payload="1"`)
	other.Send(bench.Publish("not stored", "2", 1, 1))
	other.Want("nobody stores it", "PUBACK id=1 code=0x00")
	pub.Send(bench.Publish("not stored", "3", 1, 2))
	pub.WantNothing("the answers keep their order")
	clean.Want("all are served", `PUBLISH qos=1 id=2 topic="not stored" payload="2"`, `PUBLISH qos=1 id=3 topic="not stored" payload="3"`)

	full.Store(false)
	b.Plugged()
	pub.Want("there is room again", "PUBACK id=1 code=0x00", "PUBACK id=2 code=0x00")
	back := b.Open(codec.V5)
	back.Hello("away", bench.Persistent)
	back.Want("it was stored", "CONNACK session-present code=0x00", `PUBLISH qos=1 id=1 topic="stored" payload="1"`)
}

// TestTakeoverBeforeItIsStored proves that a message of QoS 2 which waits for the disk is not sent by the next connection either: the
// publisher would repeat it after a crash, and it would come twice.
func TestTakeoverBeforeItIsStored(t *testing.T) {
	for _, v := range []codec.Version{codec.V311, codec.V5} {
		var full atomic.Bool
		fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if full.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
				return syscall.ENOSPC
			}
			return nil
		}))
		b := bench.NewStored(t, 2, fs, nil)
		s := b.Connect(v, "s", bench.Persistent)
		s.Subscribe("a", 2)
		pub := b.Connect(v, "p", bench.Persistent)
		full.Store(true)
		b.Unplugged()
		pub.Send(bench.Publish("a", "one", 2, 1))
		s.WantNothing("it is held back")
		s = b.Open(v)
		s.Hello("s", bench.Persistent)
		s.Want("it is still held back", "CONNACK session-present code=0x00")
		full.Store(false)
		b.Plugged()
		pub.Want("it is stored", "PUBREC id=1 code=0x00")
		s.Want("it is stored", `PUBLISH dup qos=2 id=1 topic="a" payload="one"`)
	}
}

// TestAcknowledgedAtOnce proves that nothing waits for the disk unless somebody's stored queue holds it.
func TestAcknowledgedAtOnce(t *testing.T) {
	b := bench.NewStored(t, 2, vfs.NewMem(), nil)
	clean := b.Connect(codec.V5, "clean")
	clean.Subscribe("a", 2)
	kept := b.Connect(codec.V5, "kept", bench.Persistent)
	kept.Subscribe("a", 0)
	pub := b.Connect(codec.V5, "pub")
	written := b.Broker.Store().Counters().Batches.Load()
	pub.Send(bench.Publish("a", "1", 1, 1), bench.Publish("a", "2", 2, 2), bench.Ack{Type: codec.PUBREL, ID: 2})
	pub.Want("at once", "PUBACK id=1 code=0x00", "PUBREC id=2 code=0x00", "PUBCOMP id=2 code=0x00")
	if n := b.Broker.Store().Counters().Batches.Load(); n != written {
		t.Errorf("%d batches were written", n-written)
	}
}

// TestPanickingAnswer proves that an answer that panics does not keep those behind it waiting until something else is stored.
func TestPanickingAnswer(t *testing.T) {
	if invariants.Enabled {
		return // the build crashes on purpose
	}
	b := bench.NewStored(t, 1, vfs.NewMem(), nil)
	l := b.Broker.Local(b.Fake.Loop(0))
	sent := 0
	b.Do(0, func() {
		for range 3 {
			l.Await(func() { panic("as asked") })
			l.Await(func() { sent++ })
		}
	})
	if sent != 3 {
		t.Errorf("%d of 3 answers were sent", sent)
	}
}
