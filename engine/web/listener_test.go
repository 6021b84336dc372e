package web

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/netpoll/tlslayer"
)

// TestListenerAmongTheBrokers proves that operators see, stop, restart and delete an HTTP listener as one of the broker's.
func TestListenerAmongTheBrokers(t *testing.T) {
	s := newSite(t, Options{}, ListenerOptions{MaxConnections: 10})
	at := s.listener.Addr().String()
	find := func() (engine.ListenerInfo, bool) {
		for _, l := range s.broker.Listeners() {
			if l.Name == "http.default" {
				return l, true
			}
		}
		return engine.ListenerInfo{}, false
	}
	got, _ := find()
	if got.Type != "http" || !got.Running || net.JoinHostPort(got.Address, at[strings.LastIndexByte(at, ':')+1:]) != at || got.MaxConnections != 10 {
		t.Errorf("%+v", got)
	}
	if _, err := s.server.Listen(ListenerOptions{Name: "http.default", Address: "127.0.0.1:0"}); !errors.Is(err, engine.ErrListenerExists) {
		t.Errorf("a second listener with the name: %v", err)
	}
	if _, err := s.server.Listen(ListenerOptions{Name: "http.other", Address: at}); err == nil || !strings.Contains(err.Error(), `"http.other" on `+at) {
		t.Errorf("a second listener at the address: %v", err)
	}
	plain := engine.ListenerOptions{Network: "tcp", Address: at}
	plain.Name = "tcp.other"
	if _, err := s.broker.Listen(plain); !errors.Is(err, engine.ErrListenerExists) {
		t.Errorf("an MQTT listener at the address: %v", err)
	}

	if err := s.broker.StopListener(at, false); err != nil {
		t.Fatal(err)
	}
	if got, _ = find(); got.Running {
		t.Error("it runs although it was stopped")
	}
	if c, err := net.Dial("tcp", at); err == nil {
		c.Close()
		t.Error("it accepts although it was stopped")
	}
	if err := s.broker.RestartListener("http.default"); err != nil {
		t.Fatal(err)
	}
	if err := s.broker.RestartListener("http.default"); err != nil {
		t.Errorf("restarted while it runs: %v", err)
	}
	s.get("/health/ping").want(t, 200, up)
	if s.listener.Addr().String() != at {
		t.Errorf("it came back at %v, want %s", s.listener.Addr(), at)
	}
	if err := s.broker.SetMaxConnections("http.default", 7); err != nil {
		t.Fatal(err)
	}
	if got, _ = find(); got.MaxConnections != 7 {
		t.Errorf("limit %d, want 7", got.MaxConnections)
	}
	if err := s.broker.StopListener("http.default", true); err != nil {
		t.Fatal(err)
	}
	if _, found := find(); found {
		t.Error("it is there although it was deleted")
	}
	again, err := s.server.Listen(ListenerOptions{Name: "http.default", Address: at})
	if err != nil {
		t.Fatalf("its name and address are not free: %v", err)
	}
	if err := s.listener.Resume(); err == nil {
		t.Error("one that was deleted came back")
	}
	again.Close()
}

// ask sends a request on a connection and reads the answer.
func ask(t *testing.T, c net.Conn, path string) (code int) {
	t.Helper()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// TestConnectionLimit proves that a client above the limit waits until another one leaves, or until the limit grows.
func TestConnectionLimit(t *testing.T) {
	s := newSite(t, Options{}, ListenerOptions{MaxConnections: 1})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", s.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	first := dial()
	ask(t, first, "/health/ping")
	second, third := dial(), dial()
	if n, _ := s.listener.places.now(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	first.Close()
	if code := ask(t, second, "/health/ping"); code != 200 {
		t.Errorf("the second client: %d", code)
	}
	s.listener.SetMaxConnections(2)
	if code := ask(t, third, "/health/ping"); code != 200 {
		t.Errorf("the third client: %d", code)
	}
	if n, _ := s.listener.places.now(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// TestProxyProtocol proves that the header says who the client is, and that a connection without one is closed.
func TestProxyProtocol(t *testing.T) {
	s := newSite(t, Options{}, ListenerOptions{Proxy: true})
	c, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\nGET /status/live.json HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), `"private":true`) {
		t.Errorf("who comes from elsewhere gets %s, %v", body, err)
	}

	bare, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	if err := bare.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(bare, "GET /health/ping HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(bare)
	if strings.Contains(string(got), "200 OK") {
		t.Errorf("without a header: %q, %v", got, err)
	}
}

// TestHTTPS proves that a listener speaks TLS with the certificate it is told, and with another one when its files change.
func TestHTTPS(t *testing.T) {
	dir := t.TempDir()
	files := tlslayer.KeyPair{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
	writeCertificate(t, files, 1)
	s := newSite(t, Options{}, ListenerOptions{Name: "https.default", TLS: &tlslayer.Options{KeyPair: files, Versions: []string{"tlsv1.2", "tlsv1.3"}}})
	got := s.broker.Listeners()
	https := slices.IndexFunc(got, func(l engine.ListenerInfo) bool { return l.Type == "https" })
	if https < 0 || got[https].TLS == nil || got[https].TLS.KeyPair != files {
		t.Errorf("listeners %+v", got)
	}
	serial := func() int64 {
		t.Helper()
		c, err := tls.Dial("tcp", s.listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if code := ask(t, c, "/health"); code != 200 {
			t.Errorf("over TLS: %d", code)
		}
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Errorf("certificate %d, want 1", n)
	}
	writeCertificate(t, files, 2)
	if err := s.broker.ReloadCertificates(); err != nil {
		t.Fatal(err)
	}
	if n := serial(); n != 2 {
		t.Errorf("certificate %d, want 2", n)
	}
	_, err := s.server.Listen(ListenerOptions{Name: "https.x", Address: "127.0.0.1:0", TLS: &tlslayer.Options{}})
	if err == nil || !strings.Contains(err.Error(), `"https.x"`) || !strings.Contains(err.Error(), "certfile") {
		t.Errorf("without a certificate: %v", err)
	}
}

func writeCertificate(t *testing.T, files tlslayer.KeyPair, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{
		files.CertFile: {Type: "CERTIFICATE", Bytes: cert}, files.KeyFile: {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
