package engine_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll/tlslayer"
)

// certificates makes an authority, a server and a client with openssl, as an operator does, and returns their directory.
func certificates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	extensions := filepath.Join(dir, "server.ext")
	if err := os.WriteFile(extensions, []byte("subjectAltName=DNS:localhost,IP:127.0.0.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=authority -days 2 -keyout ca.key -out ca.crt",
		"req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
		"x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext -out server.crt",
		"req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=device-7 -keyout client.key -out client.csr",
		"x509 -req -in client.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -out client.crt",
	} {
		cmd := exec.Command("openssl", strings.Fields(line)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %s: %v (make tools installs it)\n%s", line, err, out)
		}
	}
	return dir
}

// logged collects what a broker logs.
type logged struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{} // told of each line, unless it is nil
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.wrote <- struct{}{}:
	default:
	}
	return l.text.Write(b)
}

// await returns when the log has all of the parts, or fails.
func (l *logged) await(t *testing.T, parts ...string) {
	t.Helper()
	l.mu.Lock()
	l.wrote = make(chan struct{}, 1)
	l.mu.Unlock()
	late := time.After(deadline)
	for {
		text := l.String()
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) }) {
			return
		}
		select {
		case <-l.wrote:
		case <-late:
			t.Fatalf("the log does not say %q:\n%s", parts, text)
		}
	}
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// startTLS runs a broker with a TLS listener on a free port.
func startTLS(t *testing.T, dir string, change func(o *engine.ListenerOptions)) (b *engine.Broker, addr string, log *logged) {
	t.Helper()
	set := session.DefaultSettings()
	set.AllowAnonymous = true
	log = new(logged)
	b, err := engine.New(engine.Options{Loops: 2, Settings: &set, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	o := engine.ListenerOptions{
		ListenerSettings: session.ListenerSettings{Name: "ssl.test", Versions: session.Level3 | session.Level4 | session.Level5},
		Network:          "tcp", Address: "127.0.0.1:0",
		TLS: &tlslayer.Options{
			KeyPair:  tlslayer.KeyPair{CertFile: filepath.Join(dir, "server.crt"), KeyFile: filepath.Join(dir, "server.key")},
			CAFile:   filepath.Join(dir, "ca.crt"),
			Versions: []string{"tlsv1.2", "tlsv1.3"},
		},
	}
	if change != nil {
		change(&o)
	}
	l, err := b.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, b) })
	return b, l.Addr().String(), log
}

// dialTLS connects a client by TLS.
func dialTLS(t *testing.T, dir, addr string, v codec.Version, id string) *client {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	conn, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(deadline))
	t.Cleanup(func() { conn.Close() })
	c := &client{t: t, conn: conn, r: bufio.NewReader(conn), v: v}
	c.write(codec.AppendConnect(nil, &codec.Connect{Version: v, CleanStart: true, ClientID: []byte(id)}))
	if f := c.read(); f.Type != codec.CONNACK {
		t.Fatalf("got %s, want CONNACK", f.Type)
	}
	return c
}

// TestTLSCarriesMessages sends messages of all sizes, from one byte to many records, between clients on both loops: sessions move
// between loops with their TLS state.
func TestTLSCarriesMessages(t *testing.T) {
	dir := certificates(t)
	_, addr, _ := startTLS(t, dir, nil)
	var subs []*client
	for i := range 4 {
		c := dialTLS(t, dir, addr, codec.V5, fmt.Sprint("s", i))
		c.subscribe("t/#", 0)
		subs = append(subs, c)
	}
	pub := dialTLS(t, dir, addr, codec.V5, "p")
	sizes := []int{1, 100, 16 << 10, 17 << 10, 100_000, 1 << 20}
	var got sync.WaitGroup
	for _, c := range subs {
		got.Go(func() {
			for i, size := range sizes {
				f := c.read()
				var p codec.Publish
				if err := codec.ParsePublish(f.Body, codec.V5, f.Flags, &p); err != nil {
					t.Error(err)
					return
				}
				if want := strings.Repeat(fmt.Sprint(i), size); string(p.Payload) != want {
					t.Errorf("message %d has %d bytes, want %d", i, len(p.Payload), size)
				}
			}
		})
	}
	for i, size := range sizes {
		pub.publish("t/x", strings.Repeat(fmt.Sprint(i), size), 1, uint16(i+1))
		if f := pub.read(); f.Type != codec.PUBACK {
			t.Fatalf("got %s, want PUBACK", f.Type)
		}
	}
	got.Wait()
}

// TestMosquittoByTLS sends a message from mosquitto_pub to mosquitto_sub, both with certificates; without one mosquitto_pub is refused, and
// the log says why.
func TestMosquittoByTLS(t *testing.T) {
	dir := certificates(t)
	_, addr, log := startTLS(t, dir, func(o *engine.ListenerOptions) { o.TLS.RequireCertificate = true })
	_, port, _ := net.SplitHostPort(addr)
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	run := func(program string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, program, append([]string{"-h", "localhost", "-p", port, "--cafile", "ca.crt", "-t", "a/b"}, args...)...)
		cmd.Dir = dir
		return cmd
	}
	with := []string{"--cert", "client.crt", "--key", "client.key"}
	sub := run("mosquitto_sub", append(with, "-C", "1", "-q", "1")...)
	var out bytes.Buffer
	sub.Stdout, sub.Stderr = &out, &out
	if err := sub.Start(); err != nil {
		t.Fatalf("%v: install the package mosquitto-clients (make tools does)", err)
	}
	// Retained, so that it does not matter who is first.
	for _, version := range []string{"tlsv1.2", "tlsv1.3"} {
		if text, err := run("mosquitto_pub", append(with, "-r", "-q", "1", "-m", "hello", "--tls-version", version)...).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_pub with %s: %v\n%s", version, err, text)
		}
	}
	if err := sub.Wait(); err != nil || out.String() != "hello\n" {
		t.Errorf("mosquitto_sub printed %q, %v", out.String(), err)
	}
	if text, err := run("mosquitto_pub", "-m", "hello", "-q", "1").CombinedOutput(); err == nil {
		t.Errorf("mosquitto_pub without a certificate succeeds\n%s", text)
	}
	log.await(t, "client didn't provide a certificate", "ssl.test")
}

// TestOpenSSLClient speaks MQTT through openssl s_client, which prints what was negotiated.
func TestOpenSSLClient(t *testing.T) {
	dir := certificates(t)
	_, addr, _ := startTLS(t, dir, func(o *engine.ListenerOptions) { o.TLS.RequireCertificate = true })
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		cmd := exec.CommandContext(ctx, "openssl", "s_client", "-connect", addr, "-servername", "localhost", "-CAfile", "ca.crt", "-cert",
			"client.crt", "-key", "client.key", "-verify_return_error", "-quiet", version)
		cmd.Dir = dir
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V311, CleanStart: true, ClientID: []byte("x")})); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 4)
		if _, err := io.ReadFull(out, answer); err != nil || string(answer) != "\x20\x02\x00\x00" {
			t.Errorf("%s: the broker answers %x, %v; want a CONNACK", version, answer, err)
		}
		in.Write([]byte("\xe0\x00")) // DISCONNECT: the broker closes, and s_client ends
		if rest, err := io.ReadAll(out); err != nil || len(rest) > 0 {
			t.Errorf("%s: then %x, %v", version, rest, err)
		}
		cmd.Wait()
	}
}

// TestCertificatesReloaded gives the broker a new certificate while a client is connected.
func TestCertificatesReloaded(t *testing.T) {
	dir := certificates(t)
	b, addr, _ := startTLS(t, dir, nil)
	old := dialTLS(t, dir, addr, codec.V5, "old")
	if err := os.WriteFile(filepath.Join(dir, "server.key"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := b.ReloadCertificates()
	if want := `listener "ssl.test": keyfile ` + filepath.Join(dir, "server.key") + ": no private key in PEM form"; err == nil || err.Error() != want {
		t.Errorf("reload: %v, want %s", err, want)
	}
	dialTLS(t, dir, addr, codec.V5, "meanwhile")
	fresh := certificates(t)
	for _, name := range []string{"server.key", "server.crt", "ca.crt"} {
		text, err := os.ReadFile(filepath.Join(fresh, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.ReloadCertificates(); err != nil {
		t.Fatal(err)
	}
	dialTLS(t, dir, addr, codec.V5, "new") // it trusts the new authority only
	old.write([]byte{0xc0, 0})
	if f := old.read(); f.Type != codec.PINGRESP {
		t.Errorf("the old connection gets %s, want PINGRESP", f.Type)
	}
}

// TestProxyListener serves clients behind a proxy, and turns away those that come without a header.
func TestProxyListener(t *testing.T) {
	_, addr, log := startTLS(t, certificates(t), func(o *engine.ListenerOptions) { o.TLS, o.Proxy = nil, true })
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(deadline))
	c := &client{t: t, conn: conn, r: bufio.NewReader(conn), v: codec.V5}
	c.write(codec.AppendConnect([]byte("PROXY TCP4 192.0.2.9 198.51.100.1 12345 1883\r\n"),
		&codec.Connect{Version: codec.V5, CleanStart: true, ClientID: []byte("x")}))
	if f := c.read(); f.Type != codec.CONNACK {
		t.Errorf("got %s, want CONNACK", f.Type)
	}
	bare, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	bare.SetDeadline(time.Now().Add(deadline))
	bare.Write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V5, CleanStart: true, ClientID: []byte("y")}))
	if n, err := bare.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("without a header the broker answers %d bytes, %v", n, err)
	}
	if !strings.Contains(log.String(), "PROXY header of neither version") {
		t.Errorf("the log does not say what was wrong:\n%s", log)
	}
}
