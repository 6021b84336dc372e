package tlslayer

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// dialled is the handler of a connection that our client has made: it sends, and compares what comes back.
type dialled struct {
	send     []byte
	back     []byte
	state    tls.ConnectionState
	identity *netpoll.Identity
	layer    *Layer
	closed   chan error
}

func (d *dialled) OnOpen(c *netpoll.Conn) {
	d.state, d.identity = d.layer.ConnectionState(), c.Identity()
	c.Write(d.send)
}

func (d *dialled) OnTraffic(c *netpoll.Conn, b []byte) int {
	if d.back = append(d.back, b...); len(d.back) >= len(d.send) {
		c.Close(nil)
	}
	return len(b)
}
func (d *dialled) OnDrain(*netpoll.Conn)              {}
func (d *dialled) OnClose(_ *netpoll.Conn, err error) { d.closed <- err }

// exchange connects by c to an echo at addr, sends and returns when the connection has ended, with its reason.
func exchange(t testing.TB, server *netpoll.Server, c *Client, addr string, send []byte) (*dialled, error) {
	t.Helper()
	d := &dialled{send: send, closed: make(chan error, 1)}
	_, err := server.DialWith(netpoll.DialOptions{
		Network: "tcp", Address: addr, Handler: d,
		Layers: func(conn *netpoll.Conn) []netpoll.Layer {
			d.layer = c.Layer(conn)
			return []netpoll.Layer{d.layer}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-d.closed:
		return d, err
	case <-time.After(deadline):
		t.Fatal("the connection does not end")
	}
	return nil, nil
}

// clientOptions are those of a client that trusts the world's root.
func (w *world) clientOptions() ClientOptions {
	return ClientOptions{CAFile: w.options.CAFile, ServerName: "broker.example.org", Logger: w.options.Logger}
}

func newClient(t testing.TB, o ClientOptions) *Client {
	t.Helper()
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Our client talks to our server with both versions, on one loop and on two, and shows its certificate where it has one.
func TestClient(t *testing.T) {
	w := newWorld(t)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for _, version := range []string{"tlsv1.2", "tlsv1.3"} {
		for _, certificate := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/certificate=%t", version, certificate), func(t *testing.T) {
				o, co := w.options, w.clientOptions()
				o.Pool, o.Versions, o.RequireCertificate = NewPool(2), []string{"tlsv1.2", "tlsv1.3"}, certificate
				co.Versions = []string{version}
				if certificate {
					co.KeyPair = KeyPair{CertFile: w.file(t, "client.crt", certPEM(w.deepClient)), KeyFile: w.file(t, "client.key", w.deepClient.keyPEM(t))}
				}
				server, ln := listen(t, newServer(t, o), 2, nil)
				d, err := exchange(t, server, newClient(t, co), ln.Addr().String(), data)
				if err != nil || !bytes.Equal(d.back, data) {
					t.Fatalf("%d bytes came back, want %d; end: %v", len(d.back), len(data), err)
				}
				if want, _, _ := versions([]string{version}, nil); d.state.Version != want {
					t.Errorf("version %x, want %x", d.state.Version, want)
				}
				if d.identity == nil || d.identity.CommonName != "server" {
					t.Errorf("the peer's identity is %+v, want that of the server's certificate", d.identity)
				}
			})
		}
	}
}

// A server whose certificate does not fit is refused, and an insecure client takes it.
func TestClientChecksServer(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	o := w.options
	o.Pool = NewPool(1)
	server, ln := listen(t, newServer(t, o), 1, nil)
	for _, test := range []struct {
		what   string
		change func(o *ClientOptions)
		want   func(error) bool
	}{
		{"another authority", func(o *ClientOptions) { o.CAFile = other.options.CAFile },
			func(err error) bool { _, ok := errors.AsType[x509.UnknownAuthorityError](err); return ok }},
		{"another name", func(o *ClientOptions) { o.ServerName = "other.example.org" },
			func(err error) bool { _, ok := errors.AsType[x509.HostnameError](err); return ok }},
		{"its address", func(o *ClientOptions) { o.ServerName = "127.0.0.1" }, func(err error) bool { return err == nil }},
		{"insecure", func(o *ClientOptions) { o.CAFile, o.Insecure = other.options.CAFile, true }, func(err error) bool { return err == nil }},
		{"a version that it has not", func(o *ClientOptions) { o.Versions = []string{"tlsv1.3"} },
			func(err error) bool { return err != nil && strings.Contains(err.Error(), "protocol version") }},
	} {
		co := w.clientOptions()
		test.change(&co)
		d, err := exchange(t, server, newClient(t, co), ln.Addr().String(), []byte("hello"))
		if !test.want(err) || (err == nil) != (string(d.back) == "hello") {
			t.Errorf("%s: end %v with %q back", test.what, err, d.back)
		}
	}
}

// The server at the other side may be any: crypto/tls with its blocking connections.
func TestClientOfOthers(t *testing.T) {
	w := newWorld(t)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{w.server.pair(w.middle)}})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		io.Copy(nc, nc)
	}()
	server, _ := listen(t, newServer(t, w.options), 1, nil)
	data := bytes.Repeat([]byte("x"), 100_000)
	d, err := exchange(t, server, newClient(t, w.clientOptions()), ln.Addr().String(), data)
	if err != nil || !bytes.Equal(d.back, data) {
		t.Errorf("%d bytes came back, want %d; end: %v", len(d.back), len(data), err)
	}
}

// A server that says nothing, and one that ends at once, end the client's handshake.
func TestClientWithoutServer(t *testing.T) {
	w := newWorld(t)
	server, _ := listen(t, newServer(t, w.options), 1, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	co := w.clientOptions()
	co.HandshakeTimeout = 100 * time.Millisecond
	if _, err := exchange(t, server, newClient(t, co), ln.Addr().String(), nil); err != ErrHandshakeTimeout {
		t.Errorf("a server that is silent: %v, want %v", err, ErrHandshakeTimeout)
	}
	closing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if nc, err := closing.Accept(); err == nil {
			io.ReadFull(nc, make([]byte, 1))
			nc.Close()
		}
	}()
	if _, err := exchange(t, server, newClient(t, w.clientOptions()), closing.Addr().String(), nil); err == nil || err == ErrHandshakeTimeout {
		t.Errorf("a server that ends: %v", err)
	}
	ln.Close()
	closing.Close()
}

func TestClientErrors(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		change func(o *ClientOptions)
		want   string
	}{
		{func(o *ClientOptions) { o.ServerName = "" }, "server name is empty"},
		{func(o *ClientOptions) { o.KeyFile = "k" }, "keyfile k without certfile"},
		{func(o *ClientOptions) { o.CAFile = "missing" }, "cafile missing: no such file"},
		{func(o *ClientOptions) { o.CertFile = "missing" }, "certfile missing: no such file"},
		{func(o *ClientOptions) { o.Versions = []string{"2"} }, `tls_version "2"`},
		{func(o *ClientOptions) { o.Ciphers = "NONE" }, "NONE"},
		{func(o *ClientOptions) { o.Curves = []string{"none"} }, "none"},
	} {
		o := w.clientOptions()
		test.change(&o)
		if _, err := NewClient(o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
	o := w.clientOptions()
	o.ServerName, o.Insecure = "", true
	if _, err := NewClient(o); err != nil {
		t.Errorf("an insecure client needs no name: %v", err)
	}
}
