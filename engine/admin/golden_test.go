package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
)

// TestCommands runs the command lines of testdata/commands against a broker on the bench and compares what vmq-admin would print. A file
// has one broker, from its first line to its last.
//
//	connect ID [v3|v4|v5] [persistent] [user=NAME] [mountpoint=NAME]     a client connects
//	sub ID FILTER QOS    pub TOPIC PAYLOAD QOS [retain]    hangup ID     what clients do
//	received ID                                                         what the broker sent to that client
//	run        the command lines below it, each with what it prints, where exit codes other than 0 and standard error are marked
//	formats    the same in all three formats
func TestCommands(t *testing.T) {
	local := time.Local
	time.Local = time.FixedZone("", 3600) // expiry of keys is written in local time, and shown in UTC
	defer func() { time.Local = local }()
	datadriven.Walk(t, filepath.Join("testdata", "commands"), func(t *testing.T, path string) {
		s := newStage(t)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var args []string
			for _, a := range d.CmdArgs {
				args = append(args, a.String())
			}
			switch d.Cmd {
			case "connect":
				return s.connect(args)
			case "sub":
				s.clients[args[0]].Subscribe(args[1], args[2][0]-'0')
			case "pub":
				s.publish(args)
			case "hangup":
				s.clients[args[0]].Hangup()
			case "received":
				return strings.Join(s.clients[args[0]].Take(), "\n") + "\n"
			case "run":
				return s.lines(d.Input, "")
			case "formats":
				return s.lines(d.Input, "", "--format=json", "--format=csv")
			default:
				t.Fatalf("%s: there is no step %s", d.Pos, d.Cmd)
			}
			return ""
		})
	})
}

// stage is a broker on the bench, with every part that commands know.
type stage struct {
	t        *testing.T
	bench    *bench.Bench
	clients  map[string]*bench.Client
	commands *Commands
	stopped  bool
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, clients: map[string]*bench.Client{}}
	s.bench = bench.New(t, 2, nil)
	keys, err := OpenKeys(filepath.Join(t.TempDir(), "keys.json"), KeyLimits{MinLength: 3})
	if err != nil {
		t.Fatal(err)
	}
	keys.now = func() time.Time { return time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) }
	s.commands = New(Options{
		Broker: func() *engine.Broker {
			if s.stopped {
				return nil
			}
			return s.bench.Broker
		},
		NodeName: "VerneMQ@127.0.0.1", Version: "9.9.9",
		Settings: loadSettings(t), Keys: keys, Plugins: &fakePlugins{}, Logs: &fakeLogs{level: "info"},
		Reauthorize: func(_ context.Context, _, id string) (bool, error) { return id == "alice", nil },
		Trace: func(_ context.Context, o TraceOptions, line func(string)) error {
			if o.ClientID == "busy" {
				return errors.New("a trace is running already")
			}
			line(fmt.Sprintf("%+v", o))
			return nil
		},
		StopTraces: func() {},
		Start:      func(context.Context) error { s.stopped = false; return nil },
		Stop:       func(context.Context) error { s.stopped = true; return nil },
	})
	return s
}

// fixedSettings are the defaults of the configuration, which can be changed.
type fixedSettings struct {
	start *config.Config
	live  *config.Live
}

func loadSettings(t *testing.T) fixedSettings {
	t.Helper()
	c, err := config.Load(config.Options{Home: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return fixedSettings{c, config.NewLive(c)}
}

func (s fixedSettings) Set(changes ...config.Change) error { return s.live.Set(changes...) }
func (s fixedSettings) Get(key string) (string, bool)      { return s.live.Get(key) }
func (s fixedSettings) Effective() []config.Entry          { return s.live.Load().Effective() }
func (s fixedSettings) Initial(key string) (string, bool)  { return s.start.Written(key) }

// fakePlugins are the two plugins that the shipped configuration switches on, and one that is off.
type fakePlugins struct{ off bool }

var fakeRows = []PluginRow{
	{"vmq_acl", "application", []string{"auth_on_publish", "auth_on_subscribe"}, []string{"vmq_acl:auth_on_publish/6", "vmq_acl:auth_on_subscribe/3"}},
	{"vmq_bridge", "application", nil, nil},
}

func (p *fakePlugins) Show(plugin, hook string, _ bool) (rows []PluginRow) {
	for _, r := range fakeRows {
		if r, some := r.with(plugin, hook); some && (!p.off || r.Plugin != "vmq_acl") {
			rows = append(rows, r)
		}
	}
	return rows
}

func (p *fakePlugins) Enable(name string) error {
	switch {
	case name != "vmq_acl":
		return fmt.Errorf("plugin %s: %w", name, errors.New("plugin_not_found"))
	case !p.off:
		return fmt.Errorf("plugin %s: %w", name, errors.New("already_enabled"))
	}
	p.off = false
	return nil
}

func (p *fakePlugins) Disable(name string) error {
	if name != "vmq_acl" || p.off {
		return fmt.Errorf("plugin %s: %w", name, errors.New("plugin_not_found"))
	}
	p.off = true
	return nil
}

func (p *fakePlugins) Check(names []string) error {
	if slices.Contains(names, "vmq_acl") && !p.off {
		return nil
	}
	return ErrUnknownOrDisabled
}

type fakeLogs struct{ level string }

func (l *fakeLogs) Targets() []LogTarget {
	return []LogTarget{{"consolefile", l.level, "file", "log/console.log"}, {"console", "debug", "standard_io", ""}}
}

func (l *fakeLogs) SetLevel(logger, level string) error {
	if logger != "consolefile" {
		return fmt.Errorf("there is no logger %s", logger)
	}
	l.level = level
	return nil
}

func (s *stage) connect(args []string) string {
	version, mountpoint := codec.V311, ""
	var change []func(*codec.Connect)
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "v3":
			version = codec.V31
		case "v4":
		case "v5":
			version = codec.V5
		case "persistent":
			change = append(change, bench.Persistent)
		case "user":
			change = append(change, func(p *codec.Connect) { p.HasUsername, p.Username = true, []byte(value) })
		case "mountpoint":
			mountpoint = value
		default:
			s.t.Fatalf("connect does not know %s", a)
		}
	}
	c := s.bench.Through(s.bench.Acceptor(session.ListenerSettings{Name: "bench", Mountpoint: mountpoint, Versions: bench.AllVersions}), version)
	c.Hello(args[0], change...)
	s.clients[args[0]] = c
	return strings.Join(c.Take(), "\n") + "\n"
}

// publish publishes as a client of its own.
func (s *stage) publish(args []string) {
	p := bench.Publish(args[0], args[1], args[2][0]-'0', 1)
	if args[2] == "0" {
		p.PacketID = 0
	}
	p.Retain = len(args) > 3
	c := s.bench.Connect(codec.V311, "publisher")
	c.Send(p, &codec.Disconnect{})
}

// lines runs each line of input in each format.
func (s *stage) lines(input string, formats ...string) string {
	var b strings.Builder
	for line := range strings.Lines(input) {
		for _, format := range formats {
			fmt.Fprintf(&b, "> %s\n", strings.TrimSpace(strings.TrimSpace(line)+" "+format))
			b.WriteString(s.run(append(strings.Fields(line), strings.Fields(format)...)))
		}
	}
	return b.String()
}

// run executes one command line while the loops run. Ends of lines that a terminal would not show are marked.
func (s *stage) run(line []string) string {
	var out, errs bytes.Buffer
	code := -1
	done := make(chan struct{})
	go func() {
		defer close(done)
		code = s.commands.Serve(s.t.Context(), line, &out, &errs, false)
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			s.bench.Fake.Run()
		}
	}
	text := out.String()
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "(no end of line)\n"
	}
	text = strings.ReplaceAll(text, "\r\n", "(CR)\n")
	if errs.Len() > 0 {
		text += "stderr: " + errs.String()
	}
	if code != 0 {
		text += fmt.Sprintf("exit code %d\n", code)
	}
	return text
}

// TestEveryCommandIsGolden proves that the files have an answer of each command in each format.
func TestEveryCommandIsGolden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range append(files, filepath.Join("testdata", "listeners.txt")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, c := range newStage(t).commands.mu.list {
		for _, format := range []string{"", " --format=json", " --format=csv"} {
			line := regexp.MustCompile(`(?m)^> ` + regexp.QuoteMeta(c.Path) + `( [^\n]*)?` + format + `$`)
			if !line.MatchString(all.String()) {
				t.Errorf("no file runs %s%s", c.Path, format)
			}
		}
	}
}
