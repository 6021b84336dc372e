package clients

import (
	"fmt"
	"io"
	"net"
	"time"
)

// lingering is a connection whose Close ends only the client's side of it: the library's reader goes on until the broker has
// ended the other, and awaitEnd can wait for that.
type lingering struct{ *net.TCPConn }

// Close sends what is left, and the end.
func (l lingering) Close() error { return l.CloseWrite() }

// awaitEnd closes a connection that the library has ended, after the broker has closed its side. Until then the broker may
// not have handled the DISCONNECT, and what is published meanwhile may still count as sent.
func awaitEnd(c *net.TCPConn) error {
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, c); err != nil {
		return fmt.Errorf("waiting for the broker to close the connection after DISCONNECT: %w", err)
	}
	return nil
}

// dialTCP opens a connection to the broker.
func dialTCP() (*net.TCPConn, error) {
	c, err := net.DialTimeout("tcp", net.JoinHostPort(brokerHost, brokerPort), patience)
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}
