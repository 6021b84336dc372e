package loadgen

// window holds the packet ids of one publisher and what is in flight under each: ids 1 … size, so that a look-up is an
// index. It is used with QoS 1 and 2 only and belongs to the publisher's loop.
type window struct {
	free  []uint16 // a stack: ids that were just acknowledged are taken again first
	slots []slot   // slot of id i at i-1
}

// slot is one message in flight.
type slot struct {
	due   int64
	state flight
}

// flight is what a packet id waits for.
type flight byte

const (
	unused  flight = iota
	puback         // QoS 1
	pubrec         // QoS 2, first half
	pubcomp        // QoS 2, PUBREL is sent
)

// newWindow allows size messages in flight.
func newWindow(size int) window {
	w := window{free: make([]uint16, size), slots: make([]slot, size)}
	for i := range w.free {
		w.free[i] = uint16(size - i)
	}
	return w
}

// shrink lowers the size before anything is in flight: the broker's Receive Maximum may be below what was asked for.
func (w *window) shrink(size int) {
	if size < len(w.slots) {
		*w = newWindow(size)
	}
}

// full says that no further message may be sent.
func (w *window) full() bool { return len(w.free) == 0 }

// inFlight is how many messages are not acknowledged.
func (w *window) inFlight() int { return len(w.slots) - len(w.free) }

// take puts a message that was due at due in flight and returns its packet id. The window must not be full.
func (w *window) take(due int64, waits flight) uint16 {
	id := w.free[len(w.free)-1]
	w.free = w.free[:len(w.free)-1]
	w.slots[id-1] = slot{due: due, state: waits}
	return id
}

// received moves id from the second half of its way to the third; false: PUBREC was not what it waited for.
func (w *window) received(id uint16) bool {
	if id == 0 || int(id) > len(w.slots) || w.slots[id-1].state != pubrec {
		return false
	}
	w.slots[id-1].state = pubcomp
	return true
}

// release ends the flight of id, which waited for waits, and returns when its message was due; false: it waited for something
// else or is not in flight.
func (w *window) release(id uint16, waits flight) (due int64, ok bool) {
	if id == 0 || int(id) > len(w.slots) || w.slots[id-1].state != waits {
		return 0, false
	}
	s := &w.slots[id-1]
	s.state = unused
	w.free = append(w.free, id)
	return s.due, true
}
