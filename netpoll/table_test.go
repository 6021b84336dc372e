package netpoll

import (
	"sync"
	"testing"
)

func TestConnTable(t *testing.T) {
	var table connTable
	if table.get(5) != nil {
		t.Error("a connection in an empty table")
	}
	conns := make([]Conn, 4)
	fds := []int{0, 1023, 1024, 1 << 20}
	for i, fd := range fds {
		table.set(fd, &conns[i])
	}
	for i, fd := range fds {
		if table.get(fd) != &conns[i] {
			t.Errorf("descriptor %d: wrong connection", fd)
		}
	}
	if table.get(1<<20+1024) != nil || table.get(-1) != nil || table.get(7) != nil {
		t.Error("a connection where none was set")
	}
	n := 0
	table.each(func(*Conn) { n++ })
	if n != 4 {
		t.Errorf("%d connections seen, want 4", n)
	}
	table.set(1024, nil)
	if table.get(1024) != nil {
		t.Error("a connection that was taken out")
	}
}

// Growing loses nothing that others set at the same time.
func TestConnTableGrowsTogether(t *testing.T) {
	var table connTable
	var all sync.WaitGroup
	conns := make([]Conn, 4*100)
	for k := range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range 100 {
				table.set((i*4+k)*700, &conns[i*4+k])
			}
		}()
	}
	all.Wait()
	for i := range conns {
		if table.get(i*700) != &conns[i] {
			t.Fatalf("descriptor %d lost its connection", i*700)
		}
	}
}
