package crash

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/vernemq/vmq/codec"
)

// conn is one connection of a client. Its methods return an error when it broke.
type conn struct {
	net.Conn
	version codec.Version
	in      *bufio.Reader
	out     []byte
}

// open connects a client that wants its session back, and says whether there was one.
func open(ctx context.Context, b *broker, v codec.Version, id string) (c *conn, present bool, err error) {
	raw := b.dial(ctx)
	if raw == nil {
		return nil, false, ctx.Err()
	}
	context.AfterFunc(ctx, func() { raw.Close() })
	c = &conn{Conn: raw, version: v, in: bufio.NewReader(raw)}
	hello := codec.Connect{Version: v, ClientID: []byte(id)}
	persistent(&hello)
	c.out = codec.AppendConnect(c.out, &hello)
	if err := c.flush(); err != nil {
		return nil, false, c.broken(err)
	}
	f, err := c.next()
	if err != nil {
		return nil, false, c.broken(err)
	}
	var ack codec.Connack
	if err := codec.ParseConnack(f.Body, v, &ack); err != nil || f.Type != codec.CONNACK || ack.Code != 0 {
		return nil, false, c.broken(fmt.Errorf("%s, code %v, %v", f.Type, ack.Code, err))
	}
	return c, ack.SessionPresent, nil
}

func (c *conn) broken(err error) error {
	c.Close()
	return err
}

// next returns the next packet; its body is the caller's.
func (c *conn) next() (codec.Frame, error) {
	head := make([]byte, 0, 5)
	for {
		b, err := c.in.ReadByte()
		if err != nil {
			return codec.Frame{}, err
		}
		if head = append(head, b); len(head) > 1 && b < 128 {
			break
		}
		if len(head) == 5 {
			return codec.Frame{}, errors.New("a length of more than four bytes")
		}
	}
	length := 0
	for i, b := range head[1:] {
		length |= int(b&127) << (7 * i)
	}
	packet := append(head, make([]byte, length)...)
	if _, err := io.ReadFull(c.in, packet[len(head):]); err != nil {
		return codec.Frame{}, err
	}
	f, _, err := codec.NextFrame(packet, 0)
	return f, err
}

func (c *conn) ack(t codec.PacketType, id uint16) {
	c.out = codec.AppendAck(c.out, t, c.version, &codec.Ack{PacketID: id})
}

func (c *conn) flush() error {
	_, err := c.Write(c.out)
	c.out = c.out[:0]
	return err
}

// idOf is the packet id of an acknowledgement.
func (c *conn) idOf(f codec.Frame) uint16 {
	var a codec.Ack
	if codec.ParseAck(f.Type, f.Body, c.version, &a) != nil {
		return 0
	}
	return a.PacketID
}
