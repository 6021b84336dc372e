package wslayer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/vernemq/vmq/netpoll"
)

func clientOptions() ClientOptions {
	return ClientOptions{Host: "localhost:8080", Path: "/mqtt", Protocols: []string{"mqtt"}}
}

func newClient(t testing.TB, o ClientOptions) *Client {
	t.Helper()
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBothSides lets our client talk to our server, whatever they compress, in pieces of many sizes.
func TestBothSides(t *testing.T) {
	for _, compress := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
		for _, size := range []int{1, 2, 3, 13, 100, 1 << 20} {
			o, co := options(), clientOptions()
			o.Compress, co.Compress = compress[0], compress[1]
			server, client := newServer(t, o).Layer(nil), newClient(t, co).Layer()
			_, asked, err := client.Input(nil, nil, nil)
			if err != nil || client.State() != netpoll.LayerOpening {
				t.Fatalf("first call: error %v, state %v", err, client.State())
			}
			a := feed(server, asked, size)
			if g := feed(client, a.wire, size); a.err != nil || g.err != nil || client.State() != netpoll.LayerOpen || len(g.wire) > 0 ||
				client.Protocol() != "mqtt" || client.Compressed() != (compress[0] && compress[1]) {
				t.Fatalf("upgrade: %v, %v, state %v, wire %q, protocol %q", a.err, g.err, client.State(), g.wire, client.Protocol())
			}
			for _, n := range []int{1, 125, 126, 1000, 1024, 70_000} {
				payload := []byte(strings.Repeat("0123456789", n/10+1)[:n])
				for _, way := range [][2]*Layer{{client, server}, {server, client}} {
					wire, err := way[0].Output(payload, nil)
					if g := feed(way[1], wire, size); err != nil || g.err != nil || !bytes.Equal(g.plain, payload) {
						t.Errorf("%d bytes in pieces of %d: %d came, errors %v, %v", n, size, len(g.plain), err, g.err)
					}
				}
			}
			if g := feed(server, client.Close(nil, nil), size); g.err != io.EOF || !bytes.Equal(g.wire, to(closing(1000, ""))) {
				t.Errorf("the client closes: wire % x, error %v", g.wire, g.err)
			}
		}
	}
}

// TestAnswers is what a server may answer to our request.
func TestAnswers(t *testing.T) {
	good := []string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: %s", "Sec-WebSocket-Protocol: mqtt"}
	change := func(i int, line string) []string {
		lines := append([]string{}, good...)
		lines[i] = line
		return lines
	}
	for _, test := range []struct {
		what   string
		lines  []string
		status int // of the error, 0 for none
	}{
		{"good", good, 0},
		{"with an extension that was asked for", append(change(0, good[0]), "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"), 0},
		{"with a memory", append(change(0, good[0]), "Sec-WebSocket-Extensions: permessage-deflate"), 101},
		{"with another extension", append(change(0, good[0]), "Sec-WebSocket-Extensions: bogus"), 101},
		{"not found", []string{"HTTP/1.1 404 Not Found", "Content-Length: 0"}, 404},
		{"a redirection", []string{"HTTP/1.1 302 Found", "Location: /"}, 302},
		{"no upgrade", change(1, "X: y"), 101},
		{"no connection", change(2, "X: y"), 101},
		{"another key's answer", change(3, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), 101},
		{"no answer to the key", change(3, "X: y"), 101},
		{"no sub-protocol", change(4, "X: y"), 101},
		{"another sub-protocol", change(4, "Sec-WebSocket-Protocol: mqttv3.1"), 101},
		{"not HTTP", []string{"220 smtp.example.com"}, -1},
		{"HTTP/1.0", change(0, "HTTP/1.0 101 Switching Protocols"), -1},
	} {
		o := clientOptions()
		o.Compress = true
		l := newClient(t, o).Layer()
		_, asked, _ := l.Input(nil, nil, nil)
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(asked)))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(test.lines, "\r\n") + "\r\n\r\n"
		if strings.Contains(text, "%s") {
			text = fmt.Sprintf(text, acceptOf(nil, []byte(r.Header.Get("Sec-WebSocket-Key"))))
		}
		g := feed(l, []byte(text), 5)
		var refused *RefusedError
		switch {
		case test.status == 0 && g.err != nil, test.status != 0 && !errors.As(g.err, &refused),
			test.status > 0 && refused.Status != test.status, len(g.wire) > 0:
			t.Errorf("%s: error %v, wire %q; want status %d", test.what, g.err, g.wire, test.status)
		}
	}
}

// TestMaskedAnswer proves that a client does not take masked frames.
func TestMaskedAnswer(t *testing.T) {
	server, client := newServer(t, options()).Layer(nil), newClient(t, clientOptions()).Layer()
	_, asked, _ := client.Input(nil, nil, nil)
	feed(client, feed(server, asked, 1000).wire, 1000)
	g := feed(client, from(binaryFrame("x")), 100)
	f, err := ws.ReadFrame(bytes.NewReader(g.wire))
	if code(g.err) != 1002 || err != nil || !f.Header.Masked || f.Header.OpCode != ws.OpClose {
		t.Errorf("error %v, wire % x", g.err, g.wire)
	}
}

// serve runs a server's Layer on one end of a pipe: it echoes what it gets, until Input has an error, which it returns.
func serve(conn net.Conn, l *Layer) error {
	defer conn.Close()
	b := make([]byte, 100)
	for {
		n, err := conn.Read(b)
		if err != nil {
			return err
		}
		plain, wire, err := l.Input(b[:n], nil, nil)
		if err == nil && len(plain) > 0 {
			if wire, err = l.Output(plain, wire); err != nil {
				return err
			}
		}
		if len(wire) == 0 { // a pipe would wait for a reader even so
			continue
		}
		if _, werr := conn.Write(wire); werr != nil {
			return werr
		}
		if err != nil {
			return err
		}
	}
}

// TestGobwasClient lets the client of gobwas/ws, which is independent of this package, talk to our server.
func TestGobwasClient(t *testing.T) {
	here, there := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- serve(there, newServer(t, options()).Layer(nil)) }()
	d := ws.Dialer{Protocols: []string{"foo", "mqtt"}}
	_, hs, err := d.Upgrade(here, mustURL(t, "ws://localhost/mqtt"))
	if err != nil || hs.Protocol != "mqtt" {
		t.Fatalf("upgrade: %+v, %v", hs, err)
	}
	for _, n := range []int{1, 125, 126, 5000, 70_000} {
		payload := bytes.Repeat([]byte{byte(n)}, n)
		sent := make(chan error, 1)
		go func() { sent <- wsutil.WriteClientBinary(here, payload) }()
		// The echo comes back in as many frames as the server had reads.
		var back []byte
		for len(back) < n {
			b, op, err := wsutil.ReadServerData(here)
			if err != nil || op != ws.OpBinary {
				t.Fatalf("%d bytes: opcode %v, error %v", n, op, err)
			}
			back = append(back, b...)
		}
		if err := <-sent; err != nil || !bytes.Equal(back, payload) {
			t.Errorf("%d bytes: %d came back, error %v", n, len(back), err)
		}
	}
	if err := ws.WriteFrame(here, ws.MaskFrame(ws.NewPingFrame([]byte("ping")))); err != nil {
		t.Fatal(err)
	}
	if f, err := ws.ReadFrame(here); err != nil || f.Header.OpCode != ws.OpPong || string(f.Payload) != "ping" {
		t.Errorf("frame %+v, error %v, want a pong", f, err)
	}
	if err := ws.WriteFrame(here, ws.MaskFrame(closing(1000, "done"))); err != nil {
		t.Fatal(err)
	}
	if f, err := ws.ReadFrame(here); err != nil || f.Header.OpCode != ws.OpClose || string(f.Payload) != "\x03\xE8" {
		t.Errorf("frame %+v, error %v, want close 1000", f, err)
	}
	if err := <-served; err != io.EOF {
		t.Errorf("the server ends with %v, want EOF", err)
	}
}

// TestGobwasServer lets our client talk to the server of gobwas/ws.
func TestGobwasServer(t *testing.T) {
	here, there := net.Pipe()
	served := make(chan error, 1)
	go func() {
		defer there.Close()
		u := ws.Upgrader{Protocol: func(p []byte) bool { return string(p) == "mqtt" }}
		if _, err := u.Upgrade(there); err != nil {
			served <- err
			return
		}
		b, err := wsutil.ReadClientBinary(there)
		if err == nil {
			err = wsutil.WriteServerBinary(there, append(b, " and back"...))
		}
		served <- err
	}()
	l := newClient(t, clientOptions()).Layer()
	_, wire, _ := l.Input(nil, nil, nil)
	var plain []byte
	sent := false
	b := make([]byte, 100)
	for len(plain) < len("there and back") {
		if len(wire) > 0 {
			if _, err := here.Write(wire); err != nil {
				t.Fatal(err)
			}
		}
		n, err := here.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if plain, wire, err = l.Input(b[:n], plain, nil); err != nil {
			t.Fatal(err)
		}
		if l.State() == netpoll.LayerOpen && !sent {
			sent = true
			if wire, err = l.Output([]byte("there"), wire); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := <-served; err != nil || string(plain) != "there and back" {
		t.Errorf("plain %q, server %v", plain, err)
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
