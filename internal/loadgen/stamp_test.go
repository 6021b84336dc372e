package loadgen

import "testing"

func TestStampRoundTrip(t *testing.T) {
	want := stamp{run: 0xDEADBEEF, pub: 49_999, seq: 1<<63 + 7, due: 1<<62 + 9}
	payload := make([]byte, StampSize+3)
	putStamp(payload, want)
	if got, ok := getStamp(payload); !ok || got != want {
		t.Fatalf("getStamp = %+v, %v; want %+v", got, ok, want)
	}
	patchStamp(payload, 8, 10)
	want.seq, want.due = 8, 10
	if got, ok := getStamp(payload); !ok || got != want {
		t.Fatalf("after patchStamp: %+v, %v; want %+v", got, ok, want)
	}
}

func TestStampNeedsItsSize(t *testing.T) {
	if _, ok := getStamp(make([]byte, StampSize-1)); ok {
		t.Fatalf("getStamp accepts %d bytes", StampSize-1)
	}
}
