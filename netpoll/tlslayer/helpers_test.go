package tlslayer

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// deadline bounds what a test waits for, so that a hang shows as a failure.
const deadline = 30 * time.Second

// authority is a certificate with its key, which signs others.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// issue makes a certificate signed by a, by itself if a is nil.
func (a *authority) issue(t testing.TB, name string, template x509.Certificate, key crypto.Signer) *authority {
	t.Helper()
	var err error
	if key == nil {
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	template.Subject = pkix.Name{CommonName: name}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	}
	template.BasicConstraintsValid = true
	parent, signer := &template, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert: cert, key: key}
}

// caTemplate is a certificate that may sign others.
func caTemplate() x509.Certificate {
	return x509.Certificate{IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
}

func serverTemplate() x509.Certificate {
	return x509.Certificate{
		DNSNames: []string{"broker.example.org"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

func clientTemplate() x509.Certificate {
	return x509.Certificate{KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
}

// pair is the certificate for a tls.Config, with those in between that lead to the root.
func (a *authority) pair(between ...*authority) tls.Certificate {
	c := tls.Certificate{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key}
	for _, b := range between {
		c.Certificate = append(c.Certificate, b.cert.Raw)
	}
	return c
}

func certPEM(all ...*authority) []byte {
	var b bytes.Buffer
	for _, a := range all {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
	}
	return b.Bytes()
}

func (a *authority) keyPEM(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// crl makes a list in PEM that revokes the certificates given.
func (a *authority) crl(t testing.TB, revoked ...*authority) []byte {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(time.Now().UnixNano()), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(time.Hour)}
	for _, r := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: r.cert.SerialNumber, RevocationTime: time.Now().Add(-time.Minute)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.cert, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
}

func rsaKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// world is a root, an intermediate authority, a server and clients, and the server's files.
type world struct {
	dir                  string
	root, middle, server *authority
	client, deepClient   *authority // of the root and of middle
	options              Options
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	w.root = (*authority)(nil).issue(t, "root", caTemplate(), nil)
	w.middle = w.root.issue(t, "middle", caTemplate(), nil)
	w.server = w.middle.issue(t, "server", serverTemplate(), nil)
	w.client = w.root.issue(t, "client-1", clientTemplate(), nil)
	w.deepClient = w.middle.issue(t, "client-2", clientTemplate(), nil)
	w.options = Options{
		KeyPair: KeyPair{CertFile: w.file(t, "server.crt", certPEM(w.server)), KeyFile: w.file(t, "server.key", w.server.keyPEM(t))},
		CAFile:  w.file(t, "ca.crt", certPEM(w.root, w.middle)),
		Depth:   1,
		Pool:    NewInlinePool(),
		Logger:  slog.New(slog.DiscardHandler),
	}
	return w
}

func (w *world) file(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// trust is what a client needs to accept the server.
func (w *world) trust(certs ...tls.Certificate) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(w.root.cert)
	return &tls.Config{RootCAs: roots, ServerName: "broker.example.org", Certificates: certs}
}

func newServer(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// handler is what stands above the layer: it echoes.
type handler struct {
	opened   int
	identity *netpoll.Identity
	got      []byte
	closed   bool
	err      error
}

func (h *handler) OnOpen(c *netpoll.Conn) { h.opened++; h.identity = c.Identity() }
func (h *handler) OnTraffic(c *netpoll.Conn, b []byte) int {
	h.got = append(h.got, b...)
	c.Write(b)
	return len(b)
}
func (h *handler) OnDrain(*netpoll.Conn)              {}
func (h *handler) OnClose(_ *netpoll.Conn, err error) { h.closed, h.err = true, err }

// wire is the client's connection to a peer of a Fake: what is written goes there, cut into pieces, when the client reads.
type wire struct {
	peer *netpoll.FakePeer
	out  []byte
	in   []byte
	cut  func(left int) int // length of the next piece; nil: all
}

func (w *wire) Read(p []byte) (int, error) {
	if len(w.in) == 0 {
		w.flush()
	}
	if len(w.in) == 0 {
		if w.peer.Closed() || w.peer.Ended() {
			return 0, errEnded
		}
		return 0, errNoBytes
	}
	n := copy(p, w.in)
	w.in = w.in[n:]
	return n, nil
}

var errEnded = errors.New("the broker has ended the connection")

func (w *wire) flush() {
	for len(w.out) > 0 {
		n := len(w.out)
		if w.cut != nil {
			n = w.cut(n)
		}
		b := w.out[:n]
		w.out = w.out[n:]
		w.peer.Send(b)
	}
	w.in = append(w.in, w.peer.Take()...)
}

func (w *wire) Write(p []byte) (int, error) {
	w.out = append(w.out, p...)
	return len(p), nil
}

func (w *wire) Close() error                     { return nil }
func (w *wire) LocalAddr() net.Addr              { return nil }
func (w *wire) RemoteAddr() net.Addr             { return nil }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// bench is one client at a server on a Fake.
type bench struct {
	fake    *netpoll.Fake
	peer    *netpoll.FakePeer
	handler *handler
	wire    *wire
	client  *tls.Conn
	layer   *Layer
}

func connect(t testing.TB, s *Server, config *tls.Config) *bench {
	t.Helper()
	return connectOn(t, netpoll.NewFake(1), s, config)
}

// connectOn is connect on a Fake that others use too.
func connectOn(t testing.TB, f *netpoll.Fake, s *Server, config *tls.Config) *bench {
	t.Helper()
	b := &bench{fake: f, handler: &handler{}}
	ln, err := b.fake.Server().Listen(netpoll.ListenerOptions{
		Name: "tls", Network: "tcp", Address: "198.51.100.1:8883",
		Accept: func(*netpoll.Conn) netpoll.Handler { return b.handler },
		Layers: func(c *netpoll.Conn) []netpoll.Layer {
			b.layer = s.Layer(c)
			return []netpoll.Layer{b.layer}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.peer = b.fake.Connect(0, ln)
	b.wire = &wire{peer: b.peer}
	b.client = tls.Client(b.wire, config)
	return b
}

// echo sends p and reads as much back.
func (b *bench) echo(p []byte) ([]byte, error) {
	if _, err := b.client.Write(p); err != nil {
		return nil, err
	}
	got := make([]byte, len(p))
	for n := 0; n < len(p); {
		m, err := b.client.Read(got[n:])
		n += m
		if err != nil {
			return got[:n], err
		}
	}
	return got, nil
}

// do runs fn on the connection's loop.
func (b *bench) do(fn func(c *netpoll.Conn)) {
	b.peer.Conn().Loop().Post(task(func() { fn(b.peer.Conn()) }))
	b.fake.Run()
}

type task func()

func (t task) Run(*netpoll.Loop) { t() }
