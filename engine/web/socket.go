package web

import (
	"net"
	"sync"
	"time"
)

// places bounds the connections of a listener. At the limit nobody accepts, so that more clients wait in the kernel.
type places struct {
	mu    sync.Mutex // guards the following fields
	free  sync.Cond  // a place was given back, the limit has changed, or a socket was closed
	max   int        // 0: no limit
	taken int
}

func newPlaces(limit int) *places {
	p := &places{max: limit}
	p.free.L = &p.mu
	return p
}

// wait returns when there is a free place, or false when s is closed before.
func (p *places) wait(s *socket) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !s.closed && p.max > 0 && p.taken >= p.max {
		p.free.Wait()
	}
	return !s.closed
}

func (p *places) take() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken++
}

func (p *places) give() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	p.free.Broadcast()
}

func (p *places) limit(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.max = n
	p.free.Broadcast()
}

// now returns the connections that have a place, and the limit.
func (p *places) now() (taken, limit int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken, p.max
}

// socket is a net.Listener whose connections take places.
type socket struct {
	*net.TCPListener
	places *places
	proxy  bool
	closed bool // guarded by places.mu
}

// Accept waits for a free place before it accepts. One goroutine accepts at a time, so the place stays free for it.
func (s *socket) Accept() (net.Conn, error) {
	if !s.places.wait(s) {
		return nil, net.ErrClosed
	}
	c, err := s.AcceptTCP()
	if err != nil {
		return nil, err
	}
	s.places.take()
	placed := &placedConn{Conn: c, places: s.places}
	if s.proxy {
		return &proxiedConn{Conn: placed, limit: time.Now().Add(proxyTimeout)}, nil
	}
	return placed, nil
}

func (s *socket) Close() error {
	s.places.mu.Lock()
	s.closed = true
	s.places.free.Broadcast()
	s.places.mu.Unlock()
	return s.TCPListener.Close()
}

// placedConn gives its place back when it is closed.
type placedConn struct {
	net.Conn
	places *places
	once   sync.Once
}

func (c *placedConn) Close() error {
	c.once.Do(c.places.give)
	return c.Conn.Close()
}
