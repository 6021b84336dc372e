package tlslayer

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// handshake connects a client and echoes a byte, which shows an alert of TLS 1.3 too.
func (w *world) handshake(t *testing.T, s *Server, config *tls.Config) (*bench, error) {
	t.Helper()
	b := connect(t, s, config)
	_, err := b.echo([]byte("x"))
	return b, err
}

// The server sends the chain that leads to a root, although its file holds its own certificate only.
func TestChainCompleted(t *testing.T) {
	w := newWorld(t)
	b, err := w.handshake(t, newServer(t, w.options), w.trust())
	if err != nil {
		t.Fatal(err)
	}
	chain := b.client.ConnectionState().PeerCertificates
	if len(chain) != 2 || chain[1].Subject.CommonName != "middle" {
		t.Errorf("the server sent %d certificates, want its own and that of middle", len(chain))
	}
	o := w.options
	o.CAFile = ""
	if _, err := w.handshake(t, newServer(t, o), w.trust()); err == nil {
		t.Error("without cafile the chain cannot be complete, but the client accepts it")
	}
	o.CertFile = w.file(t, "chain.crt", certPEM(w.server, w.middle))
	if _, err := w.handshake(t, newServer(t, o), w.trust()); err != nil {
		t.Errorf("a chain in certfile is refused: %v", err)
	}
}

// Clients' certificates: who is let in, and with which identity.
func TestClientCertificates(t *testing.T) {
	w := newWorld(t)
	other := (*authority)(nil).issue(t, "root", caTemplate(), nil)
	deeper := w.middle.issue(t, "deeper", caTemplate(), nil)
	past := clientTemplate()
	past.NotBefore, past.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	expired := w.root.issue(t, "expired", past, nil)
	deepest := deeper.issue(t, "deepest", clientTemplate(), nil)
	nameless := w.root.issue(t, "", clientTemplate(), nil)
	self := (*authority)(nil).issue(t, "self", clientTemplate(), nil)
	foreign := other.issue(t, "client-1", clientTemplate(), nil)
	w.options.CAFile = w.file(t, "ca2.crt", certPEM(w.root, w.middle, self))
	crl := w.file(t, "crl.pem", append(w.root.crl(t, w.client), w.middle.crl(t)...))

	const off, optional, required = 0, 1, 2
	for _, test := range []struct {
		what  string
		mode  int
		depth int
		crl   bool
		certs []tls.Certificate
		want  string // CN, "-" for none, "!" and part of the reason for a refusal
	}{
		{"not asked for", off, 1, false, []tls.Certificate{w.client.pair()}, "-"},
		{"none, optional", optional, 1, false, nil, "-"},
		{"none, required", required, 1, false, nil, "!didn't provide a certificate"},
		{"good", required, 1, false, []tls.Certificate{w.client.pair()}, "client-1"},
		{"good, optional", optional, 1, false, []tls.Certificate{w.client.pair()}, "client-1"},
		{"foreign, optional", optional, 1, false, []tls.Certificate{foreign.pair()}, "!unknown authority"},
		{"expired", required, 1, false, []tls.Certificate{expired.pair()}, "!expired"},
		{"its own authority", required, 1, false, []tls.Certificate{self.pair()}, "!is its own authority"},
		{"without a name", required, 1, false, []tls.Certificate{nameless.pair()}, ""},
		{"one between, depth 1", required, 1, false, []tls.Certificate{w.deepClient.pair(w.middle)}, "client-2"},
		{"one between, depth 0", required, 0, false, []tls.Certificate{w.deepClient.pair(w.middle)}, "!1 intermediate certificates, depth allows 0"},
		{"none between, depth 0", required, 0, false, []tls.Certificate{w.client.pair()}, "client-1"},
		{"two between, depth 1", required, 1, false, []tls.Certificate{deepest.pair(deeper, w.middle)}, "!unknown authority"},
		{"revoked", required, 1, true, []tls.Certificate{w.client.pair()}, "!is revoked"},
		{"list of its authority is empty", required, 1, true, []tls.Certificate{w.deepClient.pair(w.middle)}, "client-2"},
	} {
		for _, version := range []string{"tlsv1.2", "tlsv1.3"} {
			t.Run(test.what+"/"+version, func(t *testing.T) {
				o := w.options
				o.Versions, o.Depth = []string{version}, test.depth
				o.RequestCertificate, o.RequireCertificate = test.mode >= optional, test.mode == required
				if test.what == "two between, depth 1" {
					o.CAFile = w.file(t, "root.crt", certPEM(w.root))
					test.want = "!2 intermediate certificates, depth allows 1"
				}
				if test.what == "one between, depth 0" {
					o.CAFile = w.file(t, "root.crt", certPEM(w.root))
				}
				if test.crl {
					o.CRLFile = crl
				}
				config := w.trust()
				if test.certs != nil {
					// Whatever authorities the server names: a foreign certificate must be shown.
					config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &test.certs[0], nil }
				}
				if o.CAFile != w.options.CAFile {
					o.CertFile = w.file(t, "chain.crt", certPEM(w.server, w.middle))
				}
				b, err := w.handshake(t, newServer(t, o), config)
				if reason, refused := strings.CutPrefix(test.want, "!"); refused {
					if err == nil || b.handler.opened != 0 || b.handler.err == nil || !strings.Contains(b.handler.err.Error(), reason) {
						t.Errorf("client: %v, server: %v, opened %d times; want a refusal: %s", err, b.handler.err, b.handler.opened, reason)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				got := "-"
				if id := b.handler.identity; id != nil {
					got = id.CommonName
				}
				if got != test.want {
					t.Errorf("identity %q, want %q", got, test.want)
				}
			})
		}
	}
}

// A session is resumed with its client's identity, and not after the client was revoked.
func TestResumption(t *testing.T) {
	w := newWorld(t)
	for _, version := range []string{"tlsv1.2", "tlsv1.3"} {
		o := w.options
		o.Versions, o.RequireCertificate = []string{version}, true
		o.CRLFile = w.file(t, "crl.pem", w.root.crl(t))
		s := newServer(t, o)
		config := w.trust(w.client.pair())
		config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
		for i := range 2 {
			b, err := w.handshake(t, s, config)
			if err != nil {
				t.Fatal(err)
			}
			if state := b.client.ConnectionState(); state.DidResume != (i == 1) || b.handler.identity.CommonName != "client-1" {
				t.Errorf("%s, connection %d: resumed %v, identity %+v", version, i+1, state.DidResume, b.handler.identity)
			}
		}
		w.file(t, "crl.pem", w.root.crl(t, w.client))
		if err := s.Reload(); err != nil {
			t.Fatal(err)
		}
		if b, err := w.handshake(t, s, config); err == nil {
			t.Errorf("%s: a revoked client is let in, resumed %v", version, b.client.ConnectionState().DidResume)
		}
	}
}

// A revocation list that has changed is loaded when it is time to look for it, and never without such a time.
func TestCRLRefresh(t *testing.T) {
	for _, refresh := range []time.Duration{0, time.Hour, 1} {
		w := newWorld(t)
		o := w.options
		o.RequireCertificate, o.CRLRefresh = true, refresh
		o.CRLFile = w.file(t, "crl.pem", w.root.crl(t))
		s := newServer(t, o)
		w.file(t, "crl.pem", w.root.crl(t, w.client))
		touch(t, o.CRLFile)
		due := refresh == 1 // nanosecond
		if changed, err := s.ReloadIfChanged(); changed != due || err != nil {
			t.Errorf("refresh %v: changed %v, %v; want %v", refresh, changed, err, due)
		}
		if _, err := w.handshake(t, s, w.trust(w.client.pair())); (err != nil) != due {
			t.Errorf("refresh %v: the revoked client hears %v", refresh, err)
		}
		if err := s.Reload(); err != nil {
			t.Fatal(err)
		}
		if _, err := w.handshake(t, s, w.trust(w.client.pair())); err == nil {
			t.Errorf("refresh %v: the revoked client is let in after Reload", refresh)
		}
	}
}

// New certificates serve new connections; those that are there go on; what cannot be loaded changes nothing.
func TestReload(t *testing.T) {
	w := newWorld(t)
	s := newServer(t, w.options)
	old, err := w.handshake(t, s, w.trust())
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := s.ReloadIfChanged(); changed || err != nil {
		t.Errorf("nothing has changed, but: %v, %v", changed, err)
	}
	renewed := w.middle.issue(t, "renewed", serverTemplate(), nil)
	w.file(t, "server.crt", certPEM(renewed))
	touch(t, w.options.CertFile)
	if changed, err := s.ReloadIfChanged(); !changed || err == nil || !strings.Contains(err.Error(), "not the key of the certificate in "+w.options.CertFile) {
		t.Errorf("a certificate without its key: %v, %v", changed, err)
	}
	if changed, err := s.ReloadIfChanged(); changed || err != nil {
		t.Errorf("the same failure is reported twice: %v, %v", changed, err)
	}
	if b, err := w.handshake(t, s, w.trust()); err != nil || b.client.ConnectionState().PeerCertificates[0].Subject.CommonName != "server" {
		t.Errorf("the old certificate serves no more: %v", err)
	}
	w.file(t, "server.key", renewed.keyPEM(t))
	touch(t, w.options.KeyFile)
	if changed, err := s.ReloadIfChanged(); !changed || err != nil {
		t.Errorf("reload: %v, %v", changed, err)
	}
	if b, err := w.handshake(t, s, w.trust()); err != nil || b.client.ConnectionState().PeerCertificates[0].Subject.CommonName != "renewed" {
		t.Errorf("the new certificate does not serve: %v", err)
	}
	if got, err := old.echo([]byte("still there")); string(got) != "still there" {
		t.Errorf("the old connection: %q, %v", got, err)
	}
}

// touch gives a file a time of its own, however coarse the clock of the file system is.
func touch(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Chtimes(path, time.Time{}, info.ModTime().Add(time.Minute))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A client that asks for another name gets the certificate for it.
func TestServerName(t *testing.T) {
	w := newWorld(t)
	template := serverTemplate()
	template.DNSNames = []string{"second.example.org"}
	second := w.middle.issue(t, "second", template, nil)
	o := w.options
	o.More = []KeyPair{{CertFile: w.file(t, "2.crt", append(certPEM(second), second.keyPEM(t)...))}}
	s := newServer(t, o)
	for name, want := range map[string]string{"broker.example.org": "server", "second.example.org": "second"} {
		config := w.trust()
		config.ServerName = name
		b, err := w.handshake(t, s, config)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.client.ConnectionState().PeerCertificates[0].Subject.CommonName; got != want || b.layer.ConnectionState().ServerName != name {
			t.Errorf("%s: certificate of %q, want %q", name, got, want)
		}
	}
}

// Errors name the option, the file and the reason.
func TestErrors(t *testing.T) {
	w := newWorld(t)
	junk := w.file(t, "junk", []byte("junk"))
	broken := w.file(t, "broken.crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))
	absent := filepath.Join(w.dir, "absent")
	other := (*authority)(nil).issue(t, "root", caTemplate(), nil)
	for _, test := range []struct {
		change func(o *Options)
		want   string
	}{
		{func(o *Options) { o.CertFile = "" }, "certfile is not set"},
		{func(o *Options) { o.CertFile = absent }, "certfile " + absent + ": no such file or directory"},
		{func(o *Options) { o.CertFile = junk }, "certfile " + junk + ": no certificate in PEM form"},
		{func(o *Options) { o.CertFile = broken }, "certfile " + broken + ": certificate 1: "},
		{func(o *Options) { o.KeyFile = absent }, "keyfile " + absent + ": no such file or directory"},
		{func(o *Options) { o.KeyFile = "" }, "keyfile " + w.options.CertFile + ": no private key in PEM form"},
		{func(o *Options) { o.KeyFile = w.file(t, "o.key", w.client.keyPEM(t)) }, "o.key: not the key of the certificate in "},
		{func(o *Options) { o.CAFile = junk }, "cafile " + junk + ": no certificate in PEM form"},
		{func(o *Options) { o.CAPath = absent }, "capath " + absent + ": no such file or directory"},
		{func(o *Options) { o.CAFile, o.RequireCertificate = "", true }, "cafile is not set"},
		{func(o *Options) { o.RequireCertificate, o.CRLFile = true, absent }, "crlfile " + absent + ": no such file or directory"},
		{func(o *Options) { o.RequireCertificate, o.CRLFile = true, junk }, "crlfile " + junk + ": revocation list 1: "},
		{func(o *Options) {
			o.RequireCertificate, o.CRLFile = true, w.file(t, "x.crl", other.crl(t))
		}, "x.crl: revocation list 1, of \"CN=root\": "},
		{func(o *Options) { o.Versions = []string{"ssl3"} }, `tls_version "ssl3": want tlsv1.2 or tlsv1.3`},
		{func(o *Options) { o.Versions = []string{"tlsv1", "tlsv1.1"} }, "tls_version tlsv1,tlsv1.1: none of them is served"},
		{func(o *Options) { o.Ciphers = "RC4:NULL" }, `ciphers "RC4:NULL": none of them is known`},
		{func(o *Options) { o.Curves = []string{"sect571r1"} }, "eccs [sect571r1]: none of them is served"},
		{func(o *Options) { o.PSK = true }, "psk_support = on: "},
	} {
		o := w.options
		test.change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want %q", err, test.want)
		}
	}
}

// Names of versions, suites and curves are those that OpenSSL and VerneMQ know.
func TestNegotiated(t *testing.T) {
	w := newWorld(t)
	rsa := w.middle.issue(t, "rsa", serverTemplate(), rsaKey(t))
	w.options.CertFile, w.options.KeyFile = w.file(t, "rsa.crt", certPEM(rsa)), w.file(t, "rsa.key", rsa.keyPEM(t))
	for _, test := range []struct {
		versions []string
		ciphers  string
		curves   []string
		version  uint16
		suite    uint16
		curve    tls.CurveID
	}{
		{nil, "", nil, tls.VersionTLS12, 0, 0},
		{[]string{"tlsv1.1", "tlsv1.2"}, "", nil, tls.VersionTLS12, 0, 0},
		{[]string{"tlsv1.2", " tlsv1.3"}, "", nil, tls.VersionTLS13, 0, 0},
		{nil, "NOPE:ECDHE-RSA-AES256-GCM-SHA384", nil, tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, 0},
		{nil, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", nil, tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, 0},
		{nil, "AES128-SHA", nil, tls.VersionTLS12, tls.TLS_RSA_WITH_AES_128_CBC_SHA, 0},
		{[]string{"tlsv1.3"}, "", []string{"sect571r1", "secp384r1"}, tls.VersionTLS13, 0, tls.CurveP384},
		{[]string{"tlsv1.3"}, "", []string{"x25519"}, tls.VersionTLS13, 0, tls.X25519},
	} {
		o := w.options
		o.Versions, o.Ciphers, o.Curves = test.versions, test.ciphers, test.curves
		config := w.trust()
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			config.CipherSuites = append(config.CipherSuites, s.ID)
		}
		b, err := w.handshake(t, newServer(t, o), config)
		if err != nil {
			t.Errorf("%v %s %v: %v", test.versions, test.ciphers, test.curves, err)
			continue
		}
		state := b.client.ConnectionState()
		if state.Version != test.version || (test.suite != 0 && state.CipherSuite != test.suite) || (test.curve != 0 && state.CurveID != test.curve) {
			t.Errorf("%v %s %v: negotiated %s, %s, %s", test.versions, test.ciphers, test.curves, tls.VersionName(state.Version),
				tls.CipherSuiteName(state.CipherSuite), state.CurveID)
		}
	}
}

// Keys in all forms that openssl writes can be read, with their password.
func TestEncryptedKeys(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatalf("%v: install the package openssl (make tools does)", err)
	}
	w := newWorld(t)
	rsa := w.middle.issue(t, "rsa", serverTemplate(), rsaKey(t))
	plain := map[*authority]string{w.server: w.options.KeyFile, rsa: w.file(t, "rsa.key", rsa.keyPEM(t))}
	cert := map[*authority]string{w.server: w.options.CertFile, rsa: w.file(t, "rsa.crt", certPEM(rsa))}
	for i, test := range []struct {
		who  *authority
		args string
	}{
		{w.server, "pkcs8 -topk8 -v2 aes-256-cbc"},
		{w.server, "pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA1"},
		{w.server, "pkcs8 -topk8 -v2 aes-192-cbc -v2prf hmacWithSHA512"},
		{w.server, "pkcs8 -topk8 -v2 des3"},
		{w.server, "ec -aes256"},
		{rsa, "pkcs8 -topk8"},
		{rsa, "rsa -aes128 -traditional"},
	} {
		path := filepath.Join(w.dir, fmt.Sprintf("%d.key", i))
		args := append(strings.Fields(test.args), "-in", plain[test.who], "-out", path, "-passout", "pass:secret")
		if out, err := exec.Command(openssl, args...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %s: %v\n%s", test.args, err, out)
		}
		o := w.options
		o.KeyPair = KeyPair{CertFile: cert[test.who], KeyFile: path, Password: "secret"}
		if _, err := w.handshake(t, newServer(t, o), w.trust()); err != nil {
			t.Errorf("openssl %s: %v", test.args, err)
		}
		for password, want := range map[string]string{"": "the key is encrypted and keypasswd is not set", "wrong": "keyfile " + path + ": "} {
			o.Password = password
			if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("openssl %s, password %q: error %v, want %q", test.args, password, err, want)
			}
		}
	}
}

// A directory of authorities counts like a file, whatever else lies in it.
func TestAuthoritiesFromDirectory(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	for name, b := range map[string][]byte{"root.pem": certPEM(w.root), "README": []byte("authorities"), "crl.r0": w.root.crl(t)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "old"), 0o700); err != nil {
		t.Fatal(err)
	}
	o := w.options
	o.CAFile, o.CAPath, o.RequireCertificate = w.file(t, "middle.crt", certPEM(w.middle)), dir, true
	if b, err := w.handshake(t, newServer(t, o), w.trust(w.client.pair())); err != nil || b.handler.identity.CommonName != "client-1" {
		t.Errorf("a client of an authority in the directory: %v", err)
	}
}

// What a client is refused for names its certificate, so that the log tells whose it was.
func TestRefusalNamesClient(t *testing.T) {
	w := newWorld(t)
	o := w.options
	o.RequireCertificate, o.CRLFile = true, w.file(t, "crl.pem", w.root.crl(t, w.client))
	b, err := w.handshake(t, newServer(t, o), w.trust(w.client.pair()))
	if err == nil || !strings.Contains(b.handler.err.Error(), `client certificate "CN=client-1"`) {
		t.Errorf("client: %v, server: %v", err, b.handler.err)
	}
}

// An error that names a file still tells its cause to errors.Is.
func TestErrorsUnwrap(t *testing.T) {
	w := newWorld(t)
	o := w.options
	o.CertFile = filepath.Join(w.dir, "absent")
	if _, err := New(o); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}
