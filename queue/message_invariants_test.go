//go:build invariants

package queue

import "testing"

func TestReleasedTooOftenIsNoticed(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a second release of the last reference went unnoticed")
		}
	}()
	m := NewMessage([]byte("t"), nil, nil)
	m.Release()
	m.Release()
}
