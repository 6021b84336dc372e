package metric

import (
	"reflect"
	"testing"
)

// fill sets every number in v to n and returns how many there are.
func fill(v reflect.Value, n uint64) (fields int) {
	switch v.Kind() {
	case reflect.Uint64:
		*(*uint64)(v.Addr().UnsafePointer()) = n
		return 1
	case reflect.Array:
		for i := range v.Len() {
			fields += fill(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fields += fill(v.Field(i), n)
		}
	}
	return fields
}

// TestAddLeavesNothingOut proves that a counter which somebody adds is summed and reset like the others.
func TestAddLeavesNothingOut(t *testing.T) {
	var sum, more, want Counters
	if n := fill(reflect.ValueOf(&sum).Elem(), 1); n < 200 {
		t.Fatalf("only %d counters were found", n)
	}
	fill(reflect.ValueOf(&more).Elem(), 2)
	fill(reflect.ValueOf(&want).Elem(), 3)
	sum.Add(&more)
	if sum != want {
		t.Error("Add leaves counters out")
	}
	sum.Reset()
	if sum != (Counters{}) {
		t.Error("Reset leaves counters as they were")
	}
}

func TestReasonsHaveSlotsOfTheirOwn(t *testing.T) {
	seen := map[uint8]byte{}
	for code := range reasonNames {
		slot := slotOf[code]
		if slot == 0 || int(slot) >= reasonSlots {
			t.Errorf("reason code 0x%02x has slot %d of %d", code, slot, reasonSlots)
		}
		if other, taken := seen[slot]; taken {
			t.Errorf("reason codes 0x%02x and 0x%02x share slot %d", code, other, slot)
		}
		seen[slot] = code
	}
}

func TestCountsByVersionAndReason(t *testing.T) {
	var c Counters
	c.CountSent(V4, puback, 0x87)
	c.CountSent(V5, puback, 0x87)
	c.CountSent(V5, puback, 0)
	c.CountReceived(V4, puback, 0)
	c.Received[V5][puback] = 5
	c.CountReceived(V5, puback, 0x97)
	c.CountReceived(V5, puback, NoReason)
	c.CountReceived(V5, puback, 0)
	c.CountConnack(V4, 5)
	c.CountConnack(V5, 0x8A)
	if c.Sent[V4][puback] != 1 || c.Sent[V5][puback] != 2 || c.TotalSent(puback) != 3 {
		t.Errorf("PUBACK sent: %v and %v", c.Sent[V4][puback], c.Sent[V5][puback])
	}
	if c.SentReason(puback, 0x87) != 1 || c.SentReason(puback, 0) != 1 || c.SentReason(puback, 0x97) != 0 {
		t.Error("reasons of PUBACK sent are wrong; those of MQTT 3 do not count")
	}
	if c.ReceivedReason(puback, 0x97) != 1 || c.ReceivedReason(puback, 0) != 3 {
		t.Error("reasons of PUBACK received are wrong")
	}
	if c.ConnackV4 != [6]uint64{5: 1} || c.SentReason(connack, 0x8A) != 1 || c.TotalSent(connack) != 2 {
		t.Error("CONNACK is counted wrongly")
	}
}

func TestVersionOf(t *testing.T) {
	for level, want := range map[byte]Version{0: V4, 3: V4, 4: V4, 5: V5} {
		if got := VersionOf(level); got != want {
			t.Errorf("level %d counts as %d, want %d", level, got, want)
		}
	}
}
