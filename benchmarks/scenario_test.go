package benchmarks

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/vernemq/vmq/internal/loadgen"
	"github.com/vernemq/vmq/internal/loadgen/testbroker"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/netpoll/tlslayer"
	"github.com/vernemq/vmq/netpoll/wslayer"
)

// TestScenariosRun runs each scenario, shortened, with the real vmq-bench against a broker without faults: its arguments
// are legal and everything arrives.
func TestScenariosRun(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "vmq-bench")
	if out, err := exec.Command("go", "build", "-o", tool, "github.com/vernemq/vmq/cmd/vmq-bench").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	certificate, key, err := WriteCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	secure, err := tlslayer.New(tlslayer.Options{KeyPair: tlslayer.KeyPair{CertFile: certificate, KeyFile: key}, Versions: []string{"tlsv1.3"}})
	if err != nil {
		t.Fatal(err)
	}
	web, err := wslayer.NewServer(wslayer.Options{Path: "/mqtt", Protocols: []string{"mqtt"}})
	if err != nil {
		t.Fatal(err)
	}
	layers := map[string][]func(*netpoll.Conn) netpoll.Layer{
		"tls": {func(c *netpoll.Conn) netpoll.Layer { return secure.Layer(c) }},
		"ws":  {func(c *netpoll.Conn) netpoll.Layer { return web.Layer(c) }},
	}
	names := map[string]bool{}
	for _, s := range All {
		t.Run(s.Name, func(t *testing.T) {
			if names[s.Name] || s.Name == "" || s.About == "" {
				t.Errorf("name %q, about %q: both are needed, and names only once", s.Name, s.About)
			}
			names[s.Name] = true
			// The last of a repeated flag wins.
			args := append([]string(nil), s.Args...)
			if s.Idle {
				args = append(args, "--connections=50", "--hold=0s", "--connect-rate=0")
			} else {
				args = append(args, "--messages=200", "--drain=1m") // over as soon as all has come
				if !s.Stored {
					args = append(args, "--warm-up=0s")
				}
			}
			args = append(args, s.TransportArgs(certificate)...)
			broker := testbroker.Start(t, testbroker.Faults{}, layers[s.Transport]...)
			args = append(args, "--port="+strconv.Itoa(broker.Port()), "--json", "--quiet", "--strict")
			var errs bytes.Buffer
			cmd := exec.Command(tool, args...)
			cmd.Stderr = &errs
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("vmq-bench %q: %v: %s", args, err, errs.Bytes())
			}
			var r loadgen.Report
			if err := json.Unmarshal(out, &r); err != nil {
				t.Fatal(err)
			}
			if s.Idle != (s.Connections > 0) {
				t.Errorf("idle %v with %d connections", s.Idle, s.Connections)
			}
			if s.Idle != (r.Messages == nil) || s.Idle && r.Connections.Ready != 50 {
				t.Errorf("idle %v, but messages %+v and connections %+v", s.Idle, r.Messages, r.Connections)
			}
			if want := cmp.Or(s.Transport, "tcp"); r.Settings.Transport != want {
				t.Errorf("transport %s, want %s", r.Settings.Transport, want)
			}
			if s.Stored != (r.Stored != nil && r.Delivered != nil) || s.Restart && !s.Stored {
				t.Errorf("stored %v, restart %v, but stored %+v, delivered %+v", s.Stored, s.Restart, r.Stored, r.Delivered)
			}
			if s.Steady != (r.Settings.Rate > 0) {
				t.Errorf("steady %v, but the rate is %g", s.Steady, r.Settings.Rate)
			}
		})
	}
}
