package tlslayer

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/internal/invariants"
	"github.com/vernemq/vmq/netpoll"
)

// Handshake and records work however the stream is cut, with both versions, and what is sent comes back.
func TestCutAnywhere(t *testing.T) {
	w := newWorld(t)
	for _, version := range []string{"tlsv1.2", "tlsv1.3"} {
		t.Run(version, func(t *testing.T) {
			o := w.options
			o.Versions = []string{version}
			o.RequireCertificate = true
			s := newServer(t, o)
			for seed := range uint64(30) {
				rnd := rand.New(rand.NewPCG(seed, 2))
				b := connect(t, s, w.trust(w.client.pair()))
				longest := 1 << rnd.IntN(12)
				b.wire.cut = func(left int) int { return 1 + rnd.IntN(min(left, longest)) }
				if err := b.client.Handshake(); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				var sent []byte
				for range 5 {
					p := make([]byte, 1+rnd.IntN(1<<rnd.IntN(16)))
					for i := range p {
						p[i] = byte(rnd.Uint32())
					}
					got, err := b.echo(p)
					if err != nil || !bytes.Equal(got, p) {
						t.Fatalf("seed %d: %d bytes came back, %v; want %d", seed, len(got), err, len(p))
					}
					sent = append(sent, p...)
				}
				h := b.handler
				if h.opened != 1 || !bytes.Equal(h.got, sent) || h.identity == nil || h.identity.CommonName != "client-1" ||
					!bytes.Equal(h.identity.Certificate, w.client.cert.Raw) {
					t.Fatalf("seed %d: opened %d times, got %d bytes, identity %+v", seed, h.opened, len(h.got), h.identity)
				}
				if err := b.client.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				if n, err := b.client.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Fatalf("seed %d: after our end the client reads %d bytes, %v; want the broker's close_notify", seed, n, err)
				}
				if h.err != io.EOF {
					t.Fatalf("seed %d: OnClose heard %v, want EOF", seed, h.err)
				}
			}
		})
	}
}

// Writes of one turn share records.
func TestRecordsShared(t *testing.T) {
	w := newWorld(t)
	s := newServer(t, w.options)
	b := connect(t, s, w.trust())
	if _, err := b.echo([]byte("x")); err != nil {
		t.Fatal(err)
	}
	before, writes := len(b.peer.Take()), b.peer.Writes()
	b.do(func(c *netpoll.Conn) {
		for range 1000 {
			c.Write([]byte("0123456789"))
		}
	})
	wire := b.peer.Take()
	if len(wire)-before > 10000+100 || (!invariants.Enabled && b.peer.Writes() != writes+1) {
		t.Errorf("10,000 bytes in small writes became %d bytes in %d system calls", len(wire), b.peer.Writes()-writes)
	}
}

// What is no TLS is refused at its first byte, and a hello that does not get whole costs no handshake.
func TestNoHello(t *testing.T) {
	w := newWorld(t)
	s := newServer(t, w.options)
	for _, test := range []struct{ what, send, want string }{
		{"MQTT", "\x10\x10\x00\x04MQTT", "first byte of a TLS record is 0x10, want 0x16, a handshake"},
		{"SSL 2", "\x16\x02", "TLS record of major version 2, want 3"},
		{"empty record", "\x16\x03\x01\x00\x00", "TLS record of 0 bytes in a ClientHello, want 1 to 16384"},
		{"ServerHello", "\x16\x03\x01\x00\x04\x02\x00\x00\x00", "first TLS message is of type 2, want 1, a ClientHello"},
		{"huge hello", "\x16\x03\x01\x00\x04\x01\xff\xff\xff", "ClientHello of 16777215 bytes, want at most 65536"},
		{"two records", "\x16\x03\x01\x00\x01\x01\x16\x03\x01\x00\x02\xff\xff\x17", "first byte of a TLS record is 0x17, want 0x16, a handshake"},
	} {
		b := connect(t, s, w.trust())
		for i := range test.send {
			b.peer.Send([]byte{test.send[i]})
		}
		if h := b.handler; !h.closed || h.err == nil || h.err.Error() != test.want || h.opened != 0 || b.layer.tls != nil {
			t.Errorf("%s: OnClose heard %v, want %q; opened %d times", test.what, h.err, test.want, h.opened)
		}
	}
	b := connect(t, s, w.trust())
	b.peer.Send([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xf0"))
	b.fake.Advance(4900 * time.Millisecond)
	if b.handler.closed || b.layer.tls != nil {
		t.Error("closed too early, or a handshake was begun")
	}
	b.fake.Advance(300 * time.Millisecond)
	if b.handler.err != ErrHandshakeTimeout || !b.peer.Closed() {
		t.Errorf("OnClose heard %v, want the handshake's timeout", b.handler.err)
	}
}

// A handshake that stops in the middle ends with its timeout, and its goroutine with it.
func TestHandshakeStops(t *testing.T) {
	w := newWorld(t)
	s := newServer(t, w.options)
	b := connect(t, s, w.trust())
	// The client's first flight goes out; it never reads the answer.
	hello := &wire{peer: b.peer}
	if err := tls.Client(firstFlight{hello}, w.trust()).Handshake(); err == nil {
		t.Fatal("a handshake without an answer")
	}
	hello.flush()
	if b.layer.hand == nil || !b.layer.hand.parked {
		t.Fatal("the handshake does not wait for the client's second flight")
	}
	hand := b.layer.hand
	b.fake.Advance(6 * time.Second)
	if b.handler.err != ErrHandshakeTimeout {
		t.Errorf("OnClose heard %v", b.handler.err)
	}
	hand.mu.Lock()
	for !hand.done {
		hand.changed.Wait()
	}
	hand.mu.Unlock()
}

// firstFlight lets a client write and never read.
type firstFlight struct{ *wire }

func (firstFlight) Read([]byte) (int, error) { return 0, errEnded }

// A client that ends its side right behind its last byte is still served what it sent.
func TestEndBehindData(t *testing.T) {
	w := newWorld(t)
	b := connect(t, newServer(t, w.options), w.trust())
	if err := b.client.Handshake(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.client.Write([]byte("last words")); err != nil {
		t.Fatal(err)
	}
	b.wire.flush()
	b.peer.Hangup()
	if string(b.handler.got) != "last words" || b.handler.err != io.EOF {
		t.Errorf("got %q, OnClose heard %v", b.handler.got, b.handler.err)
	}
}

// A record that was changed on the way ends the connection with an alert.
func TestRecordChanged(t *testing.T) {
	w := newWorld(t)
	b := connect(t, newServer(t, w.options), w.trust())
	if _, err := b.echo([]byte("good")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.client.Write([]byte("bad")); err != nil {
		t.Fatal(err)
	}
	b.wire.out[len(b.wire.out)-1] ^= 1
	_, err := b.client.Read(make([]byte, 1))
	if err == nil || !strings.Contains(err.Error(), "bad record MAC") {
		t.Errorf("the client reads %v, want an alert", err)
	}
	if string(b.handler.got) != "good" || !strings.Contains(b.handler.err.Error(), "bad record MAC") {
		t.Errorf("the handler got %q and heard %v", b.handler.got, b.handler.err)
	}
}

// The broker's close ends in a close_notify behind what was written.
func TestFarewell(t *testing.T) {
	w := newWorld(t)
	b := connect(t, newServer(t, w.options), w.trust())
	if _, err := b.echo([]byte("x")); err != nil {
		t.Fatal(err)
	}
	b.do(func(c *netpoll.Conn) {
		c.Write([]byte("bye"))
		c.Close(errors.New("enough"))
	})
	b.fake.Advance(time.Second)
	got, err := io.ReadAll(b.client)
	if string(got) != "bye" || err != nil {
		t.Errorf("the client reads %q, %v", got, err)
	}
}
