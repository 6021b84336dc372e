package netpoll

import "testing"

// released counts releases of a shared payload.
type released int

func (r *released) Release() { *r++ }

// keeper consumes nothing, so that its connection keeps all input.
type keeper struct{}

func (keeper) OnOpen(*Conn)                {}
func (keeper) OnTraffic(*Conn, []byte) int { return 0 }
func (keeper) OnDrain(*Conn)               {}
func (keeper) OnClose(*Conn, error)        {}

// TestMemory proves that a loop knows what its connections hold: kept input, output by copy and by reference; and that nothing of it
// is left when the connection has gone, on whatever loop it ended.
func TestMemory(t *testing.T) {
	f := NewFake(2)
	sum := func() int { return f.Loop(0).Memory() + f.Loop(1).Memory() }
	before := sum()
	p := f.Open(0, func(*Conn) Handler { return keeper{} })
	idle := sum()
	if idle <= before {
		t.Fatalf("a connection takes %d bytes", idle-before)
	}
	grew := func(what string, bytes int, do func()) {
		t.Helper()
		was := sum()
		do()
		f.Run()
		if n := sum() - was; n < bytes || n > 4*bytes {
			t.Errorf("%s of %d bytes changes the memory by %d", what, bytes, n)
		}
	}
	p.Block(true)
	grew("output", 60_000, func() { p.Conn().Write(make([]byte, 60_000)) })
	var shared released
	grew("shared output", 1<<20, func() { p.Conn().WriteShared(make([]byte, 1<<20), &shared) })
	grew("input", 100_000, func() { p.Send(make([]byte, 100_000)) })
	held := sum()
	f.Loop(0).Post(taskFunc(func(*Loop) { p.Conn().MoveTo(f.Loop(1), func(*Conn) {}) }))
	f.Run()
	if p.Conn().Loop() != f.Loop(1) || sum() < held {
		t.Errorf("moving to loop 1 changes the memory from %d to %d", held, sum())
	}
	f.Loop(1).Post(taskFunc(func(*Loop) { p.Conn().Abort(nil) }))
	f.Run()
	out := f.Loop(0).slabs.out + f.Loop(1).slabs.out
	byReference := f.Loop(0).shared + f.Loop(1).shared
	if out != 0 || byReference != 0 || shared != 1 {
		t.Errorf("%d bytes of buffers and %d by reference are left, and the payload was released %d times", out, byReference, shared)
	}
}
