package queue

import (
	"testing"

	"pgregory.net/rapid"
)

type exchange struct {
	id    uint16
	state State
	item  Item
}

// TestWindowAgainstList compares a window with a plain list: ids that are in use are never given out again, acknowledgements in
// any order find their message, and Range shows them oldest first.
func TestWindowAgainstList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Buffers
		var w Window
		// Starting near the end of the id space makes the wrap a usual case.
		w.next = rapid.SampledFrom([]uint64{0, packetIDs - 10, 5*packetIDs - 3}).Draw(t, "first")
		var list []exchange
		n := 0
		index := func(id uint16) int {
			for i, e := range list {
				if e.id == id {
					return i
				}
			}
			return -1
		}
		t.Repeat(map[string]func(*rapid.T){
			"send": func(t *rapid.T) {
				for range rapid.IntRange(1, 30).Draw(t, "messages") {
					n++
					it := numbered(n)
					it.QoS = byte(1 + n%2)
					it.Msg = &Message{}
					id := w.Add(&b, it, 0)
					if id == 0 || index(id) >= 0 {
						t.Fatalf("packet id %d given out though it is 0 or in use", id)
					}
					st := WaitPuback
					if it.QoS == 2 {
						st = WaitPubrec
					}
					list = append(list, exchange{id, st, it})
				}
			},
			"acknowledge": func(t *rapid.T) {
				if len(list) == 0 {
					return
				}
				i := rapid.IntRange(0, len(list)-1).Draw(t, "which")
				e := list[i]
				if st, ok := w.State(e.id); !ok || st != e.state {
					t.Fatalf("id %d is in state %v (%v), want %v", e.id, st, ok, e.state)
				}
				if e.state == WaitPubrec {
					if it := w.Received(&b, e.id, 0); it != e.item {
						t.Fatalf("PUBREC for %d gave back another message", e.id)
					}
					list[i].state = WaitPubcomp
					list[i].item = Item{QoS: 2}
					return
				}
				it, ok := w.Done(&b, e.id)
				if !ok || it != e.item {
					t.Fatalf("id %d done: %v, %v", e.id, it, ok)
				}
				list = append(list[:i:i], list[i+1:]...)
			},
			"unknown": func(t *rapid.T) {
				id := rapid.Uint16().Draw(t, "id")
				_, known := w.State(id)
				if known != (index(id) >= 0) {
					t.Fatalf("id %d known = %v", id, known)
				}
				if !known {
					if _, ok := w.Done(&b, id); ok {
						t.Fatalf("id %d was done though it never was in the window", id)
					}
				}
			},
			"": func(t *rapid.T) {
				if w.Len() != len(list) {
					t.Fatalf("%d in the window, want %d", w.Len(), len(list))
				}
				i := 0
				for e := range w.Range {
					if got := (exchange{e.ID, e.State, e.Item}); got != list[i] {
						t.Fatalf("number %d is %v, want %v", i, got, list[i])
					}
					i++
				}
				if i != len(list) || w.n > 2*w.live+16 && w.live > 0 {
					t.Fatalf("range showed %d of %d; %d slots for %d messages", i, len(list), w.n, w.live)
				}
				if len(list) == 0 && w.slots != nil {
					t.Fatalf("an empty window keeps %d slots", len(w.slots))
				}
			},
		})
	})
}

// TestPacketIDsWrapAndSkip walks through all ids while one message stays unacknowledged: its id is not given out again, 0 never
// is [MQTT-2.2.1-4], and the ring does not grow with the distance.
func TestPacketIDsWrapAndSkip(t *testing.T) {
	var b Buffers
	var w Window
	it := numbered(1)
	it.QoS = 1
	if id := w.Add(&b, it, 0); id != 1 {
		t.Fatalf("the first packet id is %d, want 1", id)
	}
	want := uint16(2)
	for range 3 * packetIDs {
		id := w.Add(&b, it, 0)
		if id != want {
			t.Fatalf("packet id %d, want %d", id, want)
		}
		if _, ok := w.Done(&b, id); !ok {
			t.Fatalf("id %d cannot be acknowledged", id)
		}
		if want++; want == 0 {
			want = 2 // 0 is no packet id, 1 is in use
		}
	}
	if len(w.slots) > 64 {
		t.Errorf("%d slots for one message", len(w.slots))
	}
	if st, ok := w.State(1); !ok || st != WaitPuback {
		t.Errorf("the first message is in state %v (%v)", st, ok)
	}
}

func TestWindowClear(t *testing.T) {
	var b Buffers
	var w Window
	for i := range 5 {
		it := numbered(i)
		it.QoS, it.Msg = 2, &Message{}
		w.Add(&b, it, 0)
	}
	w.Received(&b, 2, 0)
	w.Done(&b, 4)
	dropped := 0
	w.Clear(&b, func(it Item) {
		if it.Msg == nil {
			t.Error("an item without message was dropped")
		}
		dropped++
	})
	if dropped != 3 || w.Len() != 0 {
		t.Errorf("%d dropped, %d left; want 3, 0", dropped, w.Len())
	}
	if id := w.Add(&b, Item{QoS: 1}, 0); id != 6 {
		t.Errorf("packet id after Clear is %d, want 6", id)
	}
}

// BenchmarkWindow is one QoS 1 delivery with a full window.
func BenchmarkWindow(b *testing.B) {
	var buffers Buffers
	var w Window
	it := Item{QoS: 1}
	var ids [20]uint16
	for i := range ids {
		ids[i] = w.Add(&buffers, it, 0)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.Done(&buffers, ids[i%len(ids)])
		ids[i%len(ids)] = w.Add(&buffers, it, 0)
	}
}
