package web

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/vernemq/vmq/netpoll/proxy"
)

const (
	// proxyTimeout is how long a connection may take for its PROXY header, the same as for MQTT.
	proxyTimeout = 10 * time.Second
	// proxyMax is the longest header in bytes: version 2 has a length of 16 bits behind its 16 bytes.
	proxyMax = 16 + 1<<16
)

// proxiedConn is a connection that begins with a PROXY header. net/http asks for its address and reads it on the connection's own
// goroutine, so the header is read when that happens first.
type proxiedConn struct {
	net.Conn
	limit time.Time // for the header

	once   sync.Once
	err    error
	source net.Addr // nil: the address of the socket counts
	rest   []byte   // what came behind the header
}

func (c *proxiedConn) RemoteAddr() net.Addr {
	if c.once.Do(c.open); c.source != nil {
		return c.source
	}
	return c.Conn.RemoteAddr()
}

func (c *proxiedConn) Read(b []byte) (int, error) {
	c.once.Do(c.open)
	switch {
	case c.err != nil:
		return 0, c.err
	case len(c.rest) > 0:
		n := copy(b, c.rest)
		c.rest = c.rest[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// open reads the header. What is wrong with it is the result of each Read.
func (c *proxiedConn) open() {
	if c.err = c.Conn.SetReadDeadline(c.limit); c.err != nil {
		return
	}
	var head [512]byte
	for {
		n, err := c.Conn.Read(head[:])
		c.rest = append(c.rest, head[:n]...)
		h, used, parsed := proxy.Parse(c.rest)
		switch {
		case parsed == nil:
			c.rest = c.rest[used:]
			if h.Source.IsValid() {
				c.source = net.TCPAddrFromAddrPort(h.Source)
			}
			c.err = c.Conn.SetReadDeadline(time.Time{})
			return
		case !errors.Is(parsed, proxy.ErrIncomplete), len(c.rest) > proxyMax:
			c.err = parsed
			return
		case err != nil:
			c.err = fmt.Errorf("PROXY header: %w", err)
			return
		}
	}
}
