package clients

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// lingering is a connection whose Close leaves the socket open, so that awaitEnd can see the broker's side of the end.
type lingering struct{ net.Conn }

// Close wakes up whoever reads and refuses further writes, as Close of a socket does.
func (l lingering) Close() error { return l.SetDeadline(time.Unix(1, 0)) }

// awaitEnd closes a connection that the library has ended, after the broker has closed its side. Until then the broker may
// not have handled the DISCONNECT, and what is published meanwhile may still count as sent.
func awaitEnd(c net.Conn) error {
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, c); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("waiting for the broker to close the connection after DISCONNECT: %w", err)
	}
	return nil
}
