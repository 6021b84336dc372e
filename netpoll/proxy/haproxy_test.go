package proxy

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/internal/ports"
	"github.com/vernemq/vmq/netpoll"
)

// deadline bounds what a test waits for, so that a hang shows as a failure.
const deadline = 30 * time.Second

// reporter tells each connection who its client is, and the line that it sent.
type reporter struct{}

func (reporter) OnOpen(*netpoll.Conn)         {}
func (reporter) OnDrain(*netpoll.Conn)        {}
func (reporter) OnClose(*netpoll.Conn, error) {}
func (reporter) OnTraffic(c *netpoll.Conn, b []byte) int {
	if !bytes.HasSuffix(b, []byte("\n")) {
		return 0 // the rest comes
	}
	name := "nobody"
	if id := c.Identity(); id != nil {
		name = id.CommonName
	}
	c.Write(fmt.Appendf(nil, "%s %s %s", c.RemoteAddr(), name, b))
	return len(b)
}

// certificate makes a certificate for 127.0.0.1 and name, signed by itself, and returns it with its key in PEM.
func certificate(t *testing.T, name string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text})...)
}

// haproxy finds the program, which Debian installs outside of most users' paths.
func haproxy(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy", "/usr/local/sbin/haproxy"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("haproxy is missing: install the package haproxy (make tools does)")
	return ""
}

// TestHAProxy puts Debian's HAProxy in front, with each form of header that it can send, and with TLS clients that show a
// certificate and that do not.
func TestHAProxy(t *testing.T) {
	server, err := netpoll.NewServer(netpoll.Options{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	ln, err := server.Listen(netpoll.ListenerOptions{
		Network: "tcp", Address: "127.0.0.1:0",
		Accept: func(*netpoll.Conn) netpoll.Handler { return reporter{} },
		Layers: func(c *netpoll.Conn) []netpoll.Layer { return []netpoll.Layer{New(c)} },
	})
	if err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	own, client := certificate(t, "front"), certificate(t, "device-7")
	for name, b := range map[string][]byte{"front.pem": own, "client.pem": client} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := "defaults\n mode tcp\n timeout connect 20s\n timeout client 60s\n timeout server 60s\n"
	forms := []string{"send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn", "send-proxy-v2 proxy-v2-options crc32c,ssl,cert-cn,unique-id"}
	fronts := ports.Free(t, len(forms))
	for i, form := range forms {
		config += fmt.Sprintf("listen l%d\n bind %s ssl crt %s ca-file %s verify optional\n unique-id-format %%{+X}o%%pid\n server s %s %s\n", i, fronts[i],
			filepath.Join(dir, "front.pem"), filepath.Join(dir, "client.pem"), ln.Addr(), form)
	}
	path := filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(haproxy(t), "-f", path, "-db")
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })

	shown, err := tls.X509KeyPair(client, client)
	if err != nil {
		t.Fatal(err)
	}
	for i, front := range fronts {
		for _, certs := range [][]tls.Certificate{nil, {shown}} {
			conn := dialFront(t, front.String(), ended)
			tc := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, Certificates: certs})
			if _, err := tc.Write([]byte("hello\n")); err != nil {
				t.Fatal(err)
			}
			got, err := bufio.NewReader(tc).ReadString('\n')
			if err != nil && err != io.EOF {
				t.Fatalf("%s: %v", forms[i], err)
			}
			name := "nobody"
			switch {
			case certs == nil:
			case strings.Contains(forms[i], "cn"):
				name = "device-7"
			case strings.Contains(forms[i], "ssl"):
				name = "" // a verified certificate, of which nothing else is said
			}
			want := fmt.Sprintf("%s %s hello\n", netip.MustParseAddrPort(conn.LocalAddr().String()), name)
			if got != want {
				t.Errorf("%s, %d certificates: the broker sees %q, want %q", forms[i], len(certs), got, want)
			}
			tc.Close()
		}
	}
}

// dialFront connects to HAProxy as soon as it listens.
func dialFront(t *testing.T, addr string, ended <-chan error) net.Conn {
	t.Helper()
	limit := time.Now().Add(deadline)
	for {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.SetDeadline(limit)
			t.Cleanup(func() { conn.Close() })
			return conn
		}
		select {
		case err := <-ended:
			t.Fatalf("haproxy ended: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(limit) {
			t.Fatalf("haproxy does not listen: %v", err)
		}
	}
}
