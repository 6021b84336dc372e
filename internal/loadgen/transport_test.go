package loadgen

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/internal/loadgen/testbroker"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/netpoll/tlslayer"
	"github.com/vernemq/vmq/netpoll/wslayer"
)

// certificate writes a certificate for 127.0.0.1, signed by itself, and its key.
func certificate(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test broker"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("crt", "CERTIFICATE", cert), write("key", "PRIVATE KEY", private)
}

// TestTransports runs the same load by each way: everything arrives, and the report tells which way it was.
func TestTransports(t *testing.T) {
	certFile, keyFile := certificate(t)
	secure, err := tlslayer.New(tlslayer.Options{KeyPair: tlslayer.KeyPair{CertFile: certFile, KeyFile: keyFile}, Versions: []string{"tlsv1.2", "tlsv1.3"}})
	if err != nil {
		t.Fatal(err)
	}
	web, err := wslayer.NewServer(wslayer.Options{Path: "/mqtt", Protocols: []string{"mqtt"}})
	if err != nil {
		t.Fatal(err)
	}
	byTLS := func(c *netpoll.Conn) netpoll.Layer { return secure.Layer(c) }
	byWeb := func(c *netpoll.Conn) netpoll.Layer { return web.Layer(c) }
	for _, test := range []struct {
		name   string
		layers []func(*netpoll.Conn) netpoll.Layer
		set    Transport
		tls    string // how Settings.TLS begins
	}{
		{"tcp", nil, Transport{}, ""},
		{"tls", []func(*netpoll.Conn) netpoll.Layer{byTLS}, Transport{TLS: true, CAFile: certFile}, "TLS 1.3, TLS_"},
		{"tls", []func(*netpoll.Conn) netpoll.Layer{byTLS},
			Transport{TLS: true, Insecure: true, TLSVersions: "tlsv1.2", Ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256", Curves: "x25519"},
			"TLS 1.2, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, X25519"},
		{"ws", []func(*netpoll.Conn) netpoll.Layer{byWeb}, Transport{WebSocket: true, Path: "/mqtt"}, ""},
		{"wss", []func(*netpoll.Conn) netpoll.Layer{byTLS, byWeb}, Transport{TLS: true, WebSocket: true, CAFile: certFile, Path: "/mqtt"}, "TLS 1.3"},
	} {
		for _, p := range []Pattern{Pairs, Connect} {
			o := small(p, testbroker.Start(t, testbroker.Faults{}, test.layers...).Port())
			o.Transport, o.Hold, o.QoS = test.set, 0, 1
			r := mustRun(t, o)
			if !r.Clean() || r.Connections.Ready != o.clients() {
				t.Errorf("%s, %s: not clean: %+v, %q", p, test.name, r.Connections, r.Problems)
			}
			s := r.Settings
			if s.Transport != test.name || !strings.HasPrefix(s.TLS, test.tls) || (test.tls == "") != (s.TLS == "") {
				t.Errorf("%s: the report says %s, %q; want %s, %q", p, s.Transport, s.TLS, test.name, test.tls)
			}
			var table strings.Builder
			if err := r.WriteTable(&table); err != nil || strings.Contains(table.String(), "by ") != (test.name != "tcp") {
				t.Errorf("%s: %v, the table says\n%s", test.name, err, table.String())
			}
		}
	}
}

// TestTransportRefused says why nothing connects: a certificate that is not trusted, a path that is not there, a file that is missing.
func TestTransportRefused(t *testing.T) {
	certFile, keyFile := certificate(t)
	other, _ := certificate(t)
	secure, err := tlslayer.New(tlslayer.Options{KeyPair: tlslayer.KeyPair{CertFile: certFile, KeyFile: keyFile}})
	if err != nil {
		t.Fatal(err)
	}
	web, err := wslayer.NewServer(wslayer.Options{Path: "/mqtt", Protocols: []string{"mqtt"}})
	if err != nil {
		t.Fatal(err)
	}
	port := testbroker.Start(t, testbroker.Faults{}, func(c *netpoll.Conn) netpoll.Layer { return secure.Layer(c) }).Port()
	webPort := testbroker.Start(t, testbroker.Faults{}, func(c *netpoll.Conn) netpoll.Layer { return web.Layer(c) }).Port()
	for _, test := range []struct {
		port int
		set  Transport
		want string
	}{
		{port, Transport{TLS: true, CAFile: other}, "certificate signed by unknown authority"},
		{port, Transport{TLS: true, CAFile: "missing"}, "cafile missing"},
		{webPort, Transport{WebSocket: true, Path: "/other"}, "404"},
		{webPort, Transport{WebSocket: true, Path: "/a b"}, `path "/a b"`},
	} {
		o := small(Connect, test.port)
		o.Transport = test.set
		if _, err := Run(t.Context(), o, nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}
