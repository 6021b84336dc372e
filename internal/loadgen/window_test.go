package loadgen

import "testing"

func TestWindowQoS1(t *testing.T) {
	w := newWindow(2)
	a, b := w.take(10, puback), w.take(20, puback)
	if a == b || a == 0 || b == 0 {
		t.Fatalf("packet ids %d and %d: not 0 and not the same", a, b)
	}
	if !w.full() || w.inFlight() != 2 {
		t.Fatalf("full %v with %d in flight, want full with 2", w.full(), w.inFlight())
	}
	if due, ok := w.release(b, puback); !ok || due != 20 {
		t.Fatalf("release(%d) = %d, %v; want 20", b, due, ok)
	}
	if _, ok := w.release(b, puback); ok {
		t.Error("a second PUBACK for one message is accepted")
	}
	if _, ok := w.release(a, pubcomp); ok {
		t.Error("PUBCOMP for a QoS 1 message is accepted")
	}
	if w.received(a) {
		t.Error("PUBREC for a QoS 1 message is accepted")
	}
	for _, id := range []uint16{0, 3, 65535} {
		if _, ok := w.release(id, puback); ok {
			t.Errorf("PUBACK for packet id %d, which the window does not have, is accepted", id)
		}
		if w.received(id) {
			t.Errorf("PUBREC for packet id %d, which the window does not have, is accepted", id)
		}
	}
}

func TestWindowQoS2(t *testing.T) {
	w := newWindow(1)
	id := w.take(5, pubrec)
	if _, ok := w.release(id, pubcomp); ok {
		t.Error("PUBCOMP before PUBREC is accepted")
	}
	if !w.received(id) {
		t.Fatal("PUBREC is refused")
	}
	if w.received(id) {
		t.Error("a second PUBREC is accepted")
	}
	if !w.full() {
		t.Error("the packet id is free before PUBCOMP")
	}
	if due, ok := w.release(id, pubcomp); !ok || due != 5 {
		t.Errorf("release = %d, %v; want 5", due, ok)
	}
	if w.full() || w.inFlight() != 0 {
		t.Error("the packet id is not free after PUBCOMP")
	}
}

func TestWindowShrinksOnly(t *testing.T) {
	w := newWindow(10)
	w.shrink(20)
	if len(w.slots) != 10 {
		t.Errorf("size %d after shrink(20) of 10", len(w.slots))
	}
	w.shrink(3)
	for range 3 {
		if id := w.take(0, puback); id < 1 || id > 3 {
			t.Errorf("packet id %d in a window of 3", id)
		}
	}
	if !w.full() {
		t.Error("a window of 3 has room for a fourth")
	}
}
