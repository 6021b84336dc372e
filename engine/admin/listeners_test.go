package admin

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/internal/ports"
)

// serving is the table of a broker with one loop and real sockets. The test works in a directory of its own, so that paths are short.
func serving(t *testing.T) *Commands {
	t.Helper()
	b, err := engine.New(engine.Options{Loops: 1, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Stop(context.Background()) })
	t.Chdir(t.TempDir())
	return New(Options{Broker: func() *engine.Broker { return b }, NodeName: "VerneMQ@127.0.0.1", Plugins: &fakePlugins{}})
}

// serve is what vmq-admin would print, and its exit code where that is not 0.
func serve(t *testing.T, c *Commands, line ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := c.Serve(t.Context(), line, &out, &errs, false)
	text := strings.ReplaceAll(out.String(), "\r\n", "(CR)\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "(no end of line)\n"
	}
	if errs.Len() > 0 {
		text += "stderr: " + errs.String()
	}
	if code != 0 {
		text += fmt.Sprintf("exit code %d\n", code)
	}
	return text
}

// writeCertificate makes a certificate for itself, with its key, in files of the present directory.
func writeCertificate(t *testing.T, name string, from, to time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name + ".example"}, NotBefore: from, NotAfter: to,
		DNSNames: []string{name + ".example", "other.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		name + ".crt": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestListenerCommands runs command lines against listeners on unix sockets, whose addresses are the same everywhere.
func TestListenerCommands(t *testing.T) {
	golden, err := filepath.Abs(filepath.Join("testdata", "listeners.txt"))
	if err != nil {
		t.Fatal(err)
	}
	c := serving(t)
	writeCertificate(t, "server", time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2120, 1, 2, 3, 4, 5, 0, time.UTC))
	datadriven.RunTest(t, golden, func(t *testing.T, d *datadriven.TestData) string {
		var formats []string
		switch d.Cmd {
		case "run":
			formats = []string{""}
		case "formats":
			formats = []string{"", "--format=json", "--format=csv"}
		default:
			t.Fatalf("%s: there is no step %s", d.Pos, d.Cmd)
		}
		var b strings.Builder
		for line := range strings.Lines(d.Input) {
			for _, f := range formats {
				args := strings.Fields(line + " " + f)
				fmt.Fprintf(&b, "> %s\n%s", strings.Join(args, " "), serve(t, c, args...))
			}
		}
		return b.String()
	})
}

// TestListenerAddresses proves that listeners are found by their address however it is written, and that an address which somebody has is
// refused by the word that scripts know.
func TestListenerAddresses(t *testing.T) {
	c := serving(t)
	free := ports.Free(t, 1)[0]
	taken, err := net.Listen("tcp", free.String())
	if err != nil {
		t.Fatal(err)
	}
	port := free.Port()
	address, wanted := "address=127.0.0.1", fmt.Sprint("port=", port)
	if got := serve(t, c, "listener", "start", address, wanted); !strings.Contains(got, "eaddrinuse") || strings.Contains(got, "exit code") {
		t.Errorf("an address that another program has: %s", got)
	}
	taken.Close()
	if got := serve(t, c, "listener", "start", wanted, address, "--max_connections=5"); got != "Done\n" {
		t.Fatalf("start: %s", got)
	}
	if got := serve(t, c, "listener", "start", address, wanted); !strings.Contains(got, "already_started") {
		t.Errorf("an address that a listener has: %s", got)
	}
	want := fmt.Sprintf("mqtt,running,127.0.0.1,%d,,5,0,0(CR)\n", port)
	if got := serve(t, c, "listener", "show", "--format=csv"); !strings.HasSuffix(got, want) {
		t.Errorf("show: %s, want %s", got, want)
	}
	if got := serve(t, c, "listener", "stop", "address=::ffff:127.0.0.1", wanted); got != "Done\n" {
		t.Errorf("stop: %s", got)
	}
	if got := serve(t, c, "listener", "show", "--format=csv"); !strings.Contains(got, "mqtt,suspended,") {
		t.Errorf("after stop: %s", got)
	}
}

// TestTLSCheck proves that certificates which expire soon or are not valid yet are listed with the seconds that are left.
func TestTLSCheck(t *testing.T) {
	c := serving(t)
	now := time.Now()
	writeCertificate(t, "soon", now.Add(-time.Hour), now.Add(time.Hour))
	writeCertificate(t, "later", now.Add(time.Hour), now.Add(1000*time.Hour))
	for _, name := range []string{"soon", "later"} {
		got := serve(t, c, "listener", "start", "address=local:"+name+".sock", "port=0", "--ssl", "--certfile="+name+".crt", "--keyfile="+name+".key")
		if got != "Done\n" {
			t.Fatal(got)
		}
	}
	got := serve(t, c, "tls", "check", "--format=csv")
	for _, want := range []string{`soon\.crt,[-0-9: ]+,[-0-9: ]+,3[45]\d\d,-36\d\d\(CR\)`, `later\.crt,[-0-9: ]+,[-0-9: ]+,3[56]\d{5},3[45]\d\d\(CR\)`} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("tls check: %s, want %s", got, want)
		}
	}
	if got := serve(t, c, "tls", "check", "--validity=60", "--format=csv"); strings.Contains(got, "soon.crt") {
		t.Errorf("good for an hour, and a minute is wanted: %s", got)
	}
	if err := os.Remove("soon.crt"); err != nil {
		t.Fatal(err)
	}
	if got := serve(t, c, "tls", "check", "--validity=0"); !strings.Contains(got, "soon.crt: ") {
		t.Errorf("a file that is gone: %s", got)
	}
	if got := serve(t, c, "tls", "clear-pem-cache"); !strings.Contains(got, "soon.crt") || strings.Contains(got, "exit code") {
		t.Errorf("a file that is gone, read again: %s", got)
	}
}
