package queue

import (
	"testing"

	"pgregory.net/rapid"
)

// TestBytesOfQueues compares what the buffers count with what a ring and a window really hold, whatever is done to them.
func TestBytesOfQueues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Buffers
		var r Ring
		var w Window
		inRing, inWindow := 0, map[uint16]int{}
		message := func(t *rapid.T) (Item, int) {
			m := NewMessage([]byte("a"), make([]byte, rapid.IntRange(0, 1000).Draw(t, "payload")), nil)
			return Item{Msg: m, QoS: byte(rapid.IntRange(1, 2).Draw(t, "qos"))}, m.Size() + messageHead
		}
		popped := func(it Item) {
			inRing -= it.Msg.Size() + messageHead
			it.Msg.Release()
		}
		oldest := func() (uint16, State) {
			for e := range w.Range {
				return e.ID, e.State
			}
			return 0, acknowledged
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				it, n := message(t)
				r.Push(&b, it)
				inRing += n
			},
			"push front": func(t *rapid.T) {
				it, n := message(t)
				r.PushFront(&b, it)
				inRing += n
			},
			"pop front": func(*rapid.T) {
				if r.Len() > 0 {
					popped(r.PopFront(&b))
				}
			},
			"pop back": func(*rapid.T) {
				if r.Len() > 0 {
					popped(r.PopBack(&b))
				}
			},
			"send": func(t *rapid.T) {
				it, n := message(t)
				inWindow[w.Add(&b, it, 0)] = n
			},
			"received": func(*rapid.T) {
				if id, st := oldest(); st == WaitPubrec {
					w.Received(&b, id, 0).Msg.Release()
					inWindow[id] = 0
				}
			},
			"done": func(*rapid.T) {
				if id, st := oldest(); st != acknowledged {
					if it, _ := w.Done(&b, id); it.Msg != nil {
						it.Msg.Release()
					}
					delete(inWindow, id)
				}
			},
			"clear": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "one in ten") == 0 {
					w.Clear(&b, func(it Item) { it.Msg.Release() })
					clear(inWindow)
				}
			},
			"": func(t *rapid.T) {
				want := inRing
				for _, n := range inWindow {
					want += n
				}
				if b.held != want {
					t.Fatalf("the messages count as %d bytes, want %d", b.held, want)
				}
				arrays := arrayBytes[Item](len(r.buf)) + arrayBytes[slot](len(w.slots))
				for _, class := range b.items.free {
					for _, s := range class {
						arrays += arrayBytes[Item](len(s))
					}
				}
				for _, class := range b.slots.free {
					for _, s := range class {
						arrays += arrayBytes[slot](len(s))
					}
				}
				if b.Bytes() != want+arrays {
					t.Fatalf("%d bytes in all, want %d of messages and %d of arrays", b.Bytes(), want, arrays)
				}
			},
		})
	})
}
