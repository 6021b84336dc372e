package engine_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/netpoll/tlslayer"
)

// TestSilentPeers opens many TLS connections that say nothing, or a ClientHello byte by byte. All of them are closed by the timeout of the
// handshake, none gets further, and a client that comes meanwhile is served.
func TestSilentPeers(t *testing.T) {
	dir := certificates(t)
	b, addr, _ := startTLS(t, dir, func(o *engine.ListenerOptions) {
		o.TLS.HandshakeTimeout = 500 * time.Millisecond
		o.TLS.Pool = tlslayer.NewPool(1)
	})
	const each = 100
	var all sync.WaitGroup
	var answered atomic.Int64
	for i := range 2 * each {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(deadline))
		if i%2 == 1 {
			all.Go(func() {
				tick := time.NewTicker(50 * time.Millisecond)
				defer tick.Stop()
				for _, c := range []byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + strings.Repeat("\x03", 503)) {
					if _, err := conn.Write([]byte{c}); err != nil {
						return // closed
					}
					<-tick.C
				}
				t.Error("a ClientHello that comes byte by byte is waited for until its end")
			})
		}
		all.Go(func() {
			n, err := conn.Read(make([]byte, 1))
			if e, ok := err.(net.Error); n > 0 || ok && e.Timeout() {
				answered.Add(1)
			}
		})
	}
	dialTLS(t, dir, addr, codec.V5, "meanwhile")
	all.Wait()
	if n := answered.Load(); n > 0 {
		t.Errorf("%d of %d were answered, or not closed", n, 2*each)
	}
	var timeouts uint64
	for _, l := range b.Loops() {
		timeouts += l.Stats().Timeouts
	}
	if timeouts != 2*each {
		t.Errorf("%d timeouts, want %d", timeouts, 2*each)
	}
}

// TestConnectStorm connects many clients at the same time by TCP and by TLS, with fewer workers than handshakes: each gets its CONNACK.
func TestConnectStorm(t *testing.T) {
	dir := certificates(t)
	b, secure, _ := startTLS(t, dir, func(o *engine.ListenerOptions) {
		o.TLS.Pool, o.TLS.HandshakeTimeout = tlslayer.NewPool(2), -1 // patience is the test's
	})
	plain, err := b.Listen(tcpListener("plain"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	connect := func(dial func() (net.Conn, error), id string) {
		all.Go(func() {
			conn, err := dial()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(deadline))
			conn.Write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V311, CleanStart: true, ClientID: []byte(id)}))
			answer := make([]byte, 4)
			if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "\x20\x02\x00\x00" {
				t.Errorf("client %s: %x, %v; want a CONNACK", id, answer, err)
			}
		})
	}
	for i := range 500 {
		connect(func() (net.Conn, error) { return net.Dial("tcp", plain.Addr().String()) }, fmt.Sprint("p", i))
		if i < 100 {
			connect(func() (net.Conn, error) { return tls.Dial("tcp", secure, &tls.Config{InsecureSkipVerify: true}) }, fmt.Sprint("s", i))
		}
	}
	all.Wait()
}

// TestRotationUnderLoad gives the broker new certificates again and again while messages flow by TLS: none is lost, no connection ends, and
// each new one sees the certificate of its time.
func TestRotationUnderLoad(t *testing.T) {
	dir := certificates(t)
	b, addr, _ := startTLS(t, dir, nil)
	sub, pub := dialTLS(t, dir, addr, codec.V311, "sub"), dialTLS(t, dir, addr, codec.V311, "pub")
	sub.subscribe("load", 1)
	const messages = 2000
	var all sync.WaitGroup
	all.Go(func() {
		for i := range messages {
			pub.publish("load", fmt.Sprint(i), 1, uint16(i+1))
			if f := pub.read(); f.Type != codec.PUBACK {
				t.Errorf("the publisher gets %s, want PUBACK", f.Type)
				return
			}
		}
	})
	all.Go(func() {
		for i := range messages {
			f := sub.read()
			var p codec.Publish
			if err := codec.ParsePublish(f.Body, codec.V311, f.Flags, &p); err != nil || string(p.Payload) != fmt.Sprint(i) {
				t.Errorf("message %q, %v; want %d", p.Payload, err, i)
				return
			}
			sub.write(codec.AppendAck(nil, codec.PUBACK, codec.V311, &codec.Ack{PacketID: p.PacketID}))
		}
	})
	for i := range 5 {
		name := fmt.Sprint("rotated-", i)
		for _, line := range []string{
			"req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" + name + " -keyout server.key -out server.csr",
			"x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext -out server.crt",
		} {
			cmd := exec.Command("openssl", strings.Fields(line)...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("openssl %s: %v\n%s", line, err, out)
			}
		}
		if err := b.ReloadCertificates(); err != nil {
			t.Fatal(err)
		}
		conn := dialTLS(t, dir, addr, codec.V311, name).conn.(*tls.Conn)
		if got := conn.ConnectionState().PeerCertificates[0].Subject.CommonName; got != name {
			t.Errorf("a new connection sees the certificate of %q, want %q", got, name)
		}
	}
	all.Wait()
}

// TestMosquittoByUnixSocket sends a message from mosquitto_pub to mosquitto_sub through a unix socket.
func TestMosquittoByUnixSocket(t *testing.T) {
	b, _ := start(t, 2)
	defer stop(t, b)
	o := tcpListener("unix")
	o.Network, o.Address = "unix", filepath.Join(t.TempDir(), "s")
	if _, err := b.Listen(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	// Retained, so that it does not matter who is first.
	if text, err := exec.CommandContext(ctx, "mosquitto_pub", "--unix", o.Address, "-t", "a/b", "-r", "-q", "1", "-m", "hello").CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_pub: %v (make tools installs it)\n%s", err, text)
	}
	text, err := exec.CommandContext(ctx, "mosquitto_sub", "--unix", o.Address, "-t", "a/b", "-C", "1", "-q", "1").CombinedOutput()
	if err != nil || string(text) != "hello\n" {
		t.Errorf("mosquitto_sub printed %q, %v", text, err)
	}
}
