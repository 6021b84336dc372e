package tlslayer

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// shim is the connection that crypto/tls sees. During the handshake it belongs to the worker and goes through hand; afterwards to
// the loop, and holds slices only while a method of Layer runs.
type shim struct {
	hand *handshake
	in   []byte // not read yet
	out  []byte // where Write appends
}

// noBytes is the error of a Read that finds no bytes.
type noBytes struct{}

func (noBytes) Error() string   { return "no bytes have arrived" }
func (noBytes) Timeout() bool   { return false }
func (noBytes) Temporary() bool { return true }

var errNoBytes error = noBytes{}

func (s *shim) Read(p []byte) (int, error) {
	if s.hand != nil {
		return s.hand.read(p)
	}
	if len(s.in) == 0 {
		return 0, errNoBytes
	}
	n := copy(p, s.in)
	s.in = s.in[n:]
	return n, nil
}

func (s *shim) Write(p []byte) (int, error) {
	if s.hand != nil {
		return s.hand.write(p)
	}
	s.out = append(s.out, p...)
	return len(p), nil
}

// The rest of net.Conn is not needed: closing and time limits are netpoll's.
func (s *shim) Close() error                     { return nil }
func (s *shim) LocalAddr() net.Addr              { return nil }
func (s *shim) RemoteAddr() net.Addr             { return nil }
func (s *shim) SetDeadline(time.Time) error      { return nil }
func (s *shim) SetReadDeadline(time.Time) error  { return nil }
func (s *shim) SetWriteDeadline(time.Time) error { return nil }

// handshake is one handshake under way, between the loop, which brings and fetches bytes, and a goroutine that runs it. The goroutine
// exists from the moment the pool lets it begin, and computes only while it holds a worker of the pool.
type handshake struct {
	conn *netpoll.Conn
	pool *Pool
	tls  *tls.Conn

	mu      sync.Mutex // guards what follows
	changed sync.Cond  // L is mu; set when the handshake is queued
	in      []byte     // arrived and not read
	out     []byte     // written and not fetched
	queued  bool       // the pool knows it
	parked  bool       // the goroutine waits for bytes
	done    bool       // the goroutine has ended, with err
	closed  bool       // the connection has ended
	err     error
}

var errConnClosed = errors.New("connection closed")

// arrive adds b to what is to be read and returns how much that is. Loop only.
func (h *handshake) arrive(b []byte) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.in = append(h.in, b...)
	if h.parked && len(b) > 0 {
		h.changed.Broadcast()
	}
	return len(h.in)
}

// take fetches what was written and whether the end is reached. unread is what has arrived and was not read. Loop only.
func (h *handshake) take() (said []byte, unread int, done bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	said, h.out = h.out, nil
	return said, len(h.in), h.done, h.err
}

// busy reports whether something will come without further bytes. Loop only.
func (h *handshake) busy() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.queued && !h.done && !(h.parked && len(h.in) == 0)
}

// cancel makes the goroutine end, if there is one. Loop only.
func (h *handshake) cancel() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.in, h.out = nil, nil
	if h.queued {
		h.changed.Broadcast()
	}
}

// await returns when the handshake needs bytes or is done: for a pool without workers. Loop only.
func (h *handshake) await() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for !h.done && !(h.parked && len(h.in) == 0) {
		h.changed.Wait()
	}
}

// run is the goroutine. It holds a worker when it begins and when it returns.
func (h *handshake) run() {
	var err error
	if h.gone() {
		err = errConnClosed
	} else {
		err = h.tls.Handshake()
	}
	h.mu.Lock()
	h.done, h.err = true, err
	h.changed.Broadcast()
	closed := h.closed
	h.mu.Unlock()
	if !closed {
		h.conn.PullLayers()
	}
}

func (h *handshake) gone() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

// read waits for bytes, without holding a worker meanwhile. Goroutine only.
func (h *handshake) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.in) == 0 && !h.closed {
		h.parked = true
		h.changed.Broadcast()
		h.mu.Unlock()
		h.conn.PullLayers() // what was written goes out
		h.pool.leave()
		h.mu.Lock()
		for len(h.in) == 0 && !h.closed {
			h.changed.Wait()
		}
		h.parked = false
		h.mu.Unlock()
		h.pool.enter()
		h.mu.Lock()
	}
	if h.closed {
		return 0, errConnClosed
	}
	n := copy(p, h.in)
	h.in = h.in[n:]
	return n, nil
}

// write adds p to what the loop fetches. Goroutine only.
func (h *handshake) write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, errConnClosed
	}
	h.out = append(h.out, p...)
	return len(p), nil
}
