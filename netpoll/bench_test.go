package netpoll

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkEcho sends messages through real sockets and back, window of them on their way per connection, and counts the
// time of both sides. Its cpu-ns/op is the processor time of the whole process, kernel included.
func BenchmarkEcho(b *testing.B) {
	for _, x := range []struct{ conns, window, size int }{{1, 1, 64}, {50, 1, 64}, {50, 1000, 64}, {50, 100, 1024}} {
		b.Run(fmt.Sprintf("conns=%d/window=%d/size=%d", x.conns, x.window, x.size), func(b *testing.B) {
			s := testServer(b, Options{})
			ln := listenTCP(b, s, echoHandler)
			left := atomic.Int64{}
			left.Store(int64(b.N))
			done := make(chan struct{})
			msg := make([]byte, x.size)
			opened := make(chan *Conn, x.conns)
			for range x.conns {
				_, err := s.Dial(nil, "tcp", ln.Addr().String(), &funcs{
					open: func(c *Conn) { opened <- c },
					traffic: func(c *Conn, in []byte) int {
						n := len(in) / x.size
						if after := left.Add(int64(-n)); after <= 0 {
							if after+int64(n) > 0 {
								close(done)
							}
							return len(in)
						}
						for range n {
							c.Write(msg)
						}
						return n * x.size
					},
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			var conns []*Conn
			for range x.conns {
				conns = append(conns, wait(b, opened, "OnOpen"))
			}
			cpu := processTime(b)
			b.ReportAllocs()
			b.ResetTimer()
			for _, c := range conns {
				c.Loop().Post(taskFunc(func(*Loop) {
					for range x.window {
						c.Write(msg)
					}
				}))
			}
			<-done
			b.StopTimer()
			b.ReportMetric(float64(processTime(b)-cpu)/float64(b.N), "cpu-ns/op")
			st := s.Stats()
			b.ReportMetric(float64(st.Reads+st.Writes)/float64(b.N), "syscalls/op")
		})
	}
}

// processTime returns the processor time that the process has used, in nanoseconds.
func processTime(b *testing.B) int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkIdleConnections measures the heap that a connection costs which has said something and is idle now.
func BenchmarkIdleConnections(b *testing.B) {
	const n = 4000
	for b.Loop() {
		s := testServer(b, Options{})
		h := new(funcs)
		h.traffic = echo
		opened := make(chan struct{}, n)
		echoed := make(chan struct{}, n)
		ln := listenTCP(b, s, func(*Conn) Handler { return h })
		client := &funcs{
			open:    func(c *Conn) { c.Write([]byte("hello")); opened <- struct{}{} },
			traffic: func(_ *Conn, in []byte) int { echoed <- struct{}{}; return len(in) },
		}
		before := liveHeap()
		for range n {
			if _, err := s.Dial(nil, "tcp", ln.Addr().String(), client); err != nil {
				b.Fatal(err)
			}
		}
		for range n {
			wait(b, opened, "OnOpen")
			wait(b, echoed, "echo")
		}
		for _, l := range s.Loops() {
			on(b, l, func() { // what waits for reuse is the loop's, and goes after a while
				for l.slabs.trim() {
				}
			})
		}
		// Both ends are connections of this package.
		b.ReportMetric(float64(liveHeap()-before)/(2*n), "B/conn")
		s.Stop()
	}
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
