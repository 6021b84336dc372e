package queue

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
)

func TestMessageCopiesItsBytes(t *testing.T) {
	for _, size := range []int{0, 1, 100, 127, 128, 129, 4096, 65000, 65536, 70000, 1 << 20} {
		topic, forward := []byte("a/b"), []byte{1, 1}
		payload := bytes.Repeat([]byte{'x'}, size)
		m := NewMessage(topic, payload, forward)
		topic[0], forward[0] = 'z', 9
		if size > 0 {
			payload[0] = 'y'
		}
		if got := string(m.Topic()); got != "a/b" {
			t.Errorf("size %d: topic %q changed with the caller's slice", size, got)
		}
		if !bytes.Equal(m.Forward(), []byte{1, 1}) {
			t.Errorf("size %d: forward %x changed with the caller's slice", size, m.Forward())
		}
		if !bytes.Equal(m.Payload(), bytes.Repeat([]byte{'x'}, size)) {
			t.Errorf("size %d: payload of %d bytes differs", size, len(m.Payload()))
		}
		if m.Size() < size+5 {
			t.Errorf("size %d: Size says %d", size, m.Size())
		}
		m.Release()
	}
}

func TestReusedMessageStartsClean(t *testing.T) {
	m := NewMessage([]byte("a"), []byte("1"), nil)
	m.QoS, m.Retain, m.Publisher, m.Deadline = 2, true, 7, 9
	m.Release()
	for range 10 {
		m = NewMessage([]byte("b"), []byte("2"), nil)
		if m.QoS != 0 || m.Retain || m.Publisher != 0 || m.Deadline != 0 {
			t.Fatalf("a new message carries values of an old one: %+v", m)
		}
		m.Release()
	}
}

func TestMessageIsSharedUntilTheLastRelease(t *testing.T) {
	const holders = 8
	m := NewMessage([]byte("t"), []byte("payload"), nil)
	var wg sync.WaitGroup
	for range holders {
		m.Hold()
		wg.Go(func() {
			if string(m.Payload()) != "payload" {
				t.Error("a holder reads another payload")
			}
			m.Release()
		})
	}
	wg.Wait()
	if got := m.refs.Load(); got != 1 {
		t.Errorf("%d references are left, want the first one", got)
	}
	m.Release()
}

func TestExpired(t *testing.T) {
	m := Message{Deadline: 100}
	for now, want := range map[int64]bool{99: false, 100: true, 101: true} {
		if m.Expired(now) != want {
			t.Errorf("deadline 100 at %d: expired = %v", now, !want)
		}
	}
	if (&Message{}).Expired(1 << 60) {
		t.Error("a message without deadline expired")
	}
}

func BenchmarkMessage(b *testing.B) {
	topic := []byte("fleet/4711/state")
	for _, size := range []int{64, 1024, 16384} {
		b.Run(fmt.Sprintf("payload=%d", size), func(b *testing.B) {
			payload := make([]byte, size)
			b.ReportAllocs()
			for b.Loop() {
				NewMessage(topic, payload, nil).Release()
			}
		})
	}
}
