package tlslayer

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vernemq/vmq/netpoll"
)

// cpu returns the time in nanoseconds that this process has computed.
func cpu(b *testing.B) float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

// serve runs an echo by TLS, as the layer or as a goroutine for each connection, and returns its address.
func serve(b *testing.B, impl string, s *Server) net.Addr {
	if impl == "layer" {
		_, ln := listen(b, s, 1, nil)
		return ln.Addr()
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ln.Close() })
	go func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer nc.Close()
				c := tls.Server(nc, s.config.Load())
				buf := make([]byte, 64<<10)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					if _, err := c.Write(buf[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return ln.Addr()
}

// BenchmarkEcho sends pieces of a size and reads them back. cpu-ns/op is what both ends have computed; the client's share is the
// same for both.
func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{64, 1 << 10, 16 << 10} {
		for _, impl := range []string{"bare", "layer"} {
			b.Run(fmt.Sprintf("impl=%s/size=%d", impl, size), func(b *testing.B) {
				w := newWorld(b)
				o := w.options
				o.Pool, o.Versions = NewPool(0), []string{"tlsv1.3"}
				addr := serve(b, impl, newServer(b, o))
				c, err := tls.Dial("tcp", addr.String(), w.trust())
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				out := make([]byte, size)
				b.SetBytes(int64(size))
				start := cpu(b)
				b.ResetTimer()
				// Up to a MiB is under way, so that neither end waits for the other.
				window := make(chan struct{}, max(1<<20/size, 1))
				go func() {
					for range b.N {
						window <- struct{}{}
						if _, err := c.Write(out); err != nil {
							return
						}
					}
				}()
				in := make([]byte, size)
				for range b.N {
					if _, err := io.ReadFull(c, in); err != nil {
						b.Fatal(err)
					}
					<-window
				}
				b.ReportMetric((cpu(b)-start)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// BenchmarkHandshake makes full handshakes from ten clients at once; cpu-ns/op includes the client's side.
func BenchmarkHandshake(b *testing.B) {
	for _, impl := range []string{"bare", "layer"} {
		b.Run("impl="+impl, func(b *testing.B) {
			w := newWorld(b)
			o := w.options
			o.Pool, o.Versions = NewPool(0), []string{"tlsv1.3"}
			addr := serve(b, impl, newServer(b, o))
			jobs := make(chan struct{})
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					one := make([]byte, 1)
					for range jobs {
						c, err := tls.Dial("tcp", addr.String(), w.trust())
						if err != nil {
							b.Error(err)
							continue
						}
						c.Write(one)
						io.ReadFull(c, one)
						c.Close()
					}
				})
			}
			start := cpu(b)
			for b.Loop() {
				jobs <- struct{}{}
			}
			close(jobs)
			all.Wait()
			b.ReportMetric((cpu(b)-start)/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkParked measures the memory of a handshake that waits for its peer.
func BenchmarkParked(b *testing.B) {
	w := newWorld(b)
	s := newServer(b, w.options)
	var before, after runtime.MemStats
	fake := netpoll.NewFake(1)
	_ = tls.Client(firstFlight{&wire{peer: connectOn(b, fake, s, nil).peer}}, w.trust()).Handshake() // what is needed once is made
	runtime.GC()
	runtime.ReadMemStats(&before)
	var all []*bench
	for b.Loop() {
		p := connectOn(b, fake, s, nil)
		hello := &wire{peer: p.peer}
		_ = tls.Client(firstFlight{hello}, w.trust()).Handshake()
		hello.flush()
		all = append(all, p)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/float64(len(all)), "bytes/handshake")
	b.ReportMetric(float64(after.StackInuse-before.StackInuse)/float64(len(all)), "stack-bytes/handshake")
	for _, p := range all {
		p.peer.Hangup()
	}
}
