package netpoll

import "testing"

func TestSlabs(t *testing.T) {
	var p slabPool
	for _, n := range []int{1, 255, 256, 257, 2048, 2049, 16384, 65536, 65537, 1 << 20, 1<<20 + 1} {
		b := p.get(n)
		if len(b) != 0 || cap(b) < n || (n > slabSizes[0] && cap(b) > 8*n) {
			t.Errorf("get(%d): length %d, capacity %d", n, len(b), cap(b))
		}
		b = append(b, make([]byte, n)...)
		p.put(b)
		if n <= slabSizes[len(slabSizes)-1] {
			if again := p.get(n); cap(again) != cap(b) {
				t.Errorf("get(%d) after put: capacity %d, want the one given back, %d", n, cap(again), cap(b))
			}
		}
	}
	for _, free := range p.free {
		if len(free) != 0 {
			t.Errorf("%d slabs in the pool, want none", len(free))
		}
	}
}

// The pool keeps no more than its bound, and what nobody needs goes by and by.
func TestSlabPoolIsBounded(t *testing.T) {
	f := NewFake(1)
	l := f.Loop(0)
	for class, size := range slabSizes {
		for range slabKeep[class] + 10 {
			l.slabs.put(make([]byte, 0, size))
		}
		if n := len(l.slabs.free[class]); n != slabKeep[class] {
			t.Errorf("%d slabs of %d bytes kept, want %d", n, size, slabKeep[class])
		}
	}
	for range 2 * chunkKeep {
		l.chunks.put(new(chunk))
	}
	if l.chunks.count != chunkKeep {
		t.Errorf("%d chunks kept, want %d", l.chunks.count, chunkKeep)
	}
	l.watchPools()
	f.Advance(20 * poolTrim)
	for class := range slabSizes {
		if n := len(l.slabs.free[class]); n != 0 {
			t.Errorf("%d slabs of %d bytes are kept though nobody needs them", n, slabSizes[class])
		}
	}
	if l.chunks.count != 0 || l.trim.timer.Armed() {
		t.Errorf("%d chunks kept, timer armed %v", l.chunks.count, l.trim.timer.Armed())
	}
}

// What is in use again and again stays in the pool.
func TestTrimKeepsWhatIsUsed(t *testing.T) {
	f := NewFake(1)
	p := f.Open(0, func(*Conn) Handler { return &funcs{traffic: echo} })
	for range 20 {
		for range 10 {
			p.Send([]byte("hello"))
		}
		f.Advance(poolTrim)
	}
	p.Send([]byte("hello"))
	if n := len(f.Loop(0).slabs.free[1]); n != 1 {
		t.Errorf("%d slabs kept, want the one in use", n)
	}
}
