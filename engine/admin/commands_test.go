package admin

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/internal/invariants"
)

// TestAdd proves that commands of plugins come and go, with their help.
func TestAdd(t *testing.T) {
	s := newStage(t)
	before := s.run([]string{"--help"})
	remove := s.commands.Add(Group{Path: "webhooks", Summary: "Manage webhooks"},
		Command{Path: "webhooks show", Summary: "Show webhooks", Do: func(context.Context, *Input) (Result, error) { return text("none"), nil }},
		Command{Path: "webhooks cache show", Summary: "Show the cache", Do: func(context.Context, *Input) (Result, error) {
			return nil, &FailedError{alert("it failed\n")}
		}},
	)
	if got := s.run([]string{"webhooks", "show"}); got != "none\n" {
		t.Errorf("webhooks show: %s", got)
	}
	if got := s.run([]string{"webhooks", "cache", "show"}); got != "it failed\n\nexit code 1\n" {
		t.Errorf("a command that fails: %s", got)
	}
	if got := s.run([]string{"webhooks", "cache", "show", "--format=json"}); got != `{"alert":[{"text":"it failed\n","type":"text"}],"type":"alert"}(no end of line)`+"\nexit code 1\n" {
		t.Errorf("a command that fails, in JSON: %s", got)
	}
	if got := s.run([]string{"webhooks", "cache", "show", "--format=csv"}); got != "stderr: it failed\n\nexit code 1\n" {
		t.Errorf("a command that fails, in CSV: %s", got)
	}
	for line, want := range map[string]string{"--help": "    webhooks  Manage webhooks\n", "webhooks": "    cache show  Show the cache\n", "webhooks cache": "    show  Show the cache\n"} {
		if got := s.run(strings.Fields(line)); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	remove()
	if got := s.run([]string{"--help"}); got != before {
		t.Errorf("afterwards: %s", got)
	}
	replace := s.commands.Add(Group{Path: "cluster"}, Command{Path: "cluster show", Do: func(context.Context, *Input) (Result, error) { return text("mine"), nil }})
	if got := s.run([]string{"cluster", "show"}); got != "mine\n" {
		t.Errorf("a command that was replaced: %s", got)
	}
	replace()
	if got := s.run([]string{"cluster", "show"}); !strings.Contains(got, "exit code 1") {
		t.Errorf("a command that was replaced and removed: %s", got)
	}
}

// TestFaults proves that whatever goes wrong in a command ends the command and not the broker.
func TestFaults(t *testing.T) {
	s := newStage(t)
	s.commands.Add(Group{Path: "test", Hidden: true},
		Command{Path: "test error", Do: func(context.Context, *Input) (Result, error) { return nil, errors.New("no answer") }},
		Command{Path: "test panic", Do: func(context.Context, *Input) (Result, error) { panic("a mistake") }},
	)
	if got := s.run([]string{"test", "error"}); got != "stderr: vmq-admin test error: no answer\nexit code 1\n" {
		t.Errorf("an error: %s", got)
	}
	if invariants.Enabled {
		return // there a panic is to be seen
	}
	if got := s.run([]string{"test", "panic"}); got != "stderr: vmq-admin test panic: test panic: internal error: a mistake\nexit code 1\n" {
		t.Errorf("a panic: %s", got)
	}
}

// TestOverload proves that a command gives up when loops do not answer, and says so.
func TestOverload(t *testing.T) {
	s := newStage(t)
	s.bench.Connect(codec.V5, "c")
	for _, line := range []string{"session show", "session disconnect client-id=c", "metrics show", "node status"} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var out, errs bytes.Buffer
		if code := s.commands.Serve(ctx, strings.Fields(line), &out, &errs, false); code != 1 || !strings.Contains(errs.String(), "context canceled") {
			t.Errorf("%s: code %d, %s%s", line, code, &out, &errs)
		}
	}
	s.bench.Fake.Run()
}

// TestFields proves that session show has the 31 fields of VerneMQ, and values for a connected client in each but those that are always null.
func TestFields(t *testing.T) {
	s := newStage(t)
	c := s.bench.Connect(codec.V5, "c", bench.Persistent, func(p *codec.Connect) { p.HasUsername, p.Username = true, []byte("u") })
	c.Subscribe("a/#", 1)
	s.bench.Connect(codec.V5, "p").Send(bench.Publish("a/b", "hello", 1, 1))
	want := []string{"clean_session", "client_id", "deliver_mode", "dup", "is_offline", "is_online", "is_plugin", "mountpoint", "msg_qos", "msg_ref",
		"no_local", "node", "num_sessions", "offline_messages", "online_messages", "payload", "peer_host", "peer_port", "protocol", "qos",
		"queue_pid", "queue_size", "queue_started_at", "rap", "routing_key", "session_pid", "session_started_at", "statename", "topic", "user",
		"waiting_acks"}
	line := []string{"session", "show"}
	for _, f := range slices.Backward(sessionFields) {
		line = append(line, "--"+f.name)
	}
	var r Result
	done := make(chan error, 1)
	go func() {
		var err error
		r, err = s.commands.Run(t.Context(), line, nil)
		done <- err
	}()
	for len(done) == 0 {
		s.bench.Fake.Run()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	table := r[0].(*Table)
	if !slices.Equal(table.Columns, want) || len(table.Rows) != 1 {
		t.Fatalf("columns %q, want %q; %d rows", table.Columns, want, len(table.Rows))
	}
	for i, name := range want {
		if null := table.Rows[0][i] == nil; null != (name == "queue_size") {
			t.Errorf("%s is %v", name, table.Rows[0][i])
		}
	}
}

func TestAPI(t *testing.T) {
	s := newStage(t)
	api := s.commands.API()
	body, err := api.Run(t.Context(), []string{"cluster", "show"})
	if want := `{"table":[{"Node":"VerneMQ@127.0.0.1","Running":true}],"type":"table"}`; err != nil || string(body) != want {
		t.Errorf("cluster show: %s, %v", body, err)
	}
	if body, err := api.Run(t.Context(), []string{"cluster", "--help"}); err != nil || !strings.HasPrefix(string(body), `{"text":"vmq-admin cluster`) {
		t.Errorf("cluster --help: %s, %v", body, err)
	}
	for _, line := range []string{"nonsense", "cluster", "cluster show --nonsense", "listener start address=x port=1", "trace client client-id=c"} {
		if err := api.Check(strings.Fields(line)); err == nil {
			t.Errorf("%s is a command", line)
		}
		if body, err := api.Run(t.Context(), strings.Fields(line)); err == nil || body != nil {
			t.Errorf("%s: %s, %v", line, body, err)
		}
	}
	for _, line := range []string{"set nonsense=1", "set max_online_messages=many"} { // which only set itself can tell
		if body, err := api.Run(t.Context(), strings.Fields(line)); err == nil || body != nil {
			t.Errorf("%s: %s, %v", line, body, err)
		}
	}
	s.stopped = true
	if body, err := api.Run(t.Context(), []string{"node", "status"}); !errors.Is(err, ErrNodeStopped) || !strings.HasPrefix(string(body), `{"alert":[{"text":"the broker is stopped`) {
		t.Errorf("node status of a stopped broker: %s, %v", body, err)
	}
}

func TestComplete(t *testing.T) {
	s := newStage(t)
	for line, want := range map[string]string{
		"":                                     "api-key cluster config describe listener log metrics node plugin retain session set show tls trace",
		"sess":                                 "session",
		"session dis":                          "disconnect",
		"session disconnect ":                  "batch client-id= clients",
		"session disconnect client-id=x ":      "client-id=",
		"session disconnect client-id=x --cl":  "--cleanup",
		"session disconnect client-id=x -c x":  "",
		"api-key create scope=m":               "scope=metrics scope=mgmt",
		"cluster show --format=":               "--format= --format=csv --format=human --format=json",
		"set max_online":                       "max_online_messages=",
		"set max_online_messages=3 max_inflig": "max_inflight_messages=",
		"show max_online_messages max_inflig":  "max_inflight_messages",
		"describe nodena":                      "nodename",
		"nonsense ":                            "",
	} {
		if got := strings.Join(s.commands.Complete(strings.Split(line, " ")), " "); got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
}

// TestEveryCommandIsExplained proves that nothing lacks help, and that no two flags of a command share a letter.
func TestEveryCommandIsExplained(t *testing.T) {
	for _, c := range newStage(t).commands.mu.list {
		if c.Summary == "" || c.Help == "" && !c.Hidden {
			t.Errorf("%s has no summary or help", c.Path)
		}
		letters := map[byte]string{'h': "help"}
		for _, f := range c.Flags {
			if f.Short != 0 && letters[f.Short] != "" {
				t.Errorf("%s: -%c is --%s and --%s", c.Path, f.Short, letters[f.Short], f.Name)
			}
			letters[f.Short] = f.Name
		}
	}
}
