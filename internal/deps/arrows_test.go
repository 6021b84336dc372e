package deps

import (
	"testing"
)

// arrows is the module's architecture: commands stand on the engine, the engine on the cluster and its own parts, those on
// netpoll, queue and trie, and these on codec. An import that no row permits is a change of the architecture and needs a
// reason, here.
var arrows = []Rule{
	{"codec/...", nil,
		"codec turns bytes into packets and back; it opens nothing and drags nothing into the programs that embed it"},
	{"trie/...", []string{"github.com/cespare/xxhash/v2"},
		"trie is an index that other programs can embed; it knows neither packets nor sessions"},
	{"config/...", nil,
		"config is data about keys; packages take small options of their own, so it need not know them"},
	{"netpoll/...", []string{"netpoll/...", "*"},
		"netpoll moves bytes and knows no MQTT, so that it can be tested and measured without a broker"},
	{"queue/...", []string{"queue/...", "codec", "*"},
		"queue holds messages for a session; it knows no sockets, subscriptions or hooks"},

	{"cluster/...", []string{"cluster/...", "netpoll/...", "queue/...", "trie", "codec", "*"},
		"the cluster carries messages between nodes; it reaches the engine only through the interfaces it declares"},

	{"engine/hook/...", []string{"codec"},
		"plugin authors read engine/hook alone, with the properties and reason codes of codec"},
	{"engine/metric/...", []string{"*"},
		"metrics are counted by all parts, so they depend on none"},
	{"engine/plugin/...", []string{"engine/plugin/...", "engine/hook", "codec", "*"},
		"plugins see the broker through hook points only, so that ours can do nothing that another author's cannot"},
	{"engine/retain/...", []string{"engine/hook", "engine/metric", "queue/...", "trie", "codec", "*"},
		"retained messages are a part of the engine, below it"},
	{"engine/session/...", []string{"engine/hook", "engine/metric", "netpoll", "queue", "queue/store", "trie", "codec"},
		"a session declares the interfaces that it needs of its broker and implements none; handles of queue/store are part of its record"},
	{"engine/trace/...", []string{"engine/hook", "engine/metric", "engine/session", "codec", "*"},
		"the tracer prints what sessions do"},
	{"engine/...", []string{"engine/...", "cluster/...", "config", "netpoll/...", "queue/...", "trie", "codec", "*"},
		"the engine builds the broker of parts below it; it never needs a command or a test bench"},

	{"cmd/...", []string{"engine/...", "cluster/...", "config", "netpoll/...", "queue/...", "trie", "codec", "internal/...", "*"},
		"commands are main functions and flags; nothing imports them"},

	{"internal/invariants", nil,
		"every package imports internal/invariants, so it imports none"},
	{"internal/deps", nil,
		"the rules about imports look at sources and need nothing of them"},
	{"internal/lint", []string{"internal/deps"},
		"the project's rules look at sources and need nothing of them"},
	{"internal/bench", []string{"engine", "engine/hook", "engine/metric", "engine/session", "netpoll", "queue/store", "codec", "*"},
		"the bench is a broker on fake loops, for the tests of sessions"},
	{"internal/model", []string{"internal/bench", "engine", "engine/session", "queue", "codec", "netpoll", "trie", "*"},
		"the model is held against the whole broker on the bench, and only tests use it"},
	{"internal/blackbox", []string{"engine", "engine/hook", "engine/session", "netpoll/...", "queue", "codec", "*"},
		"these tests talk to a broker in this process through sockets"},
	{"internal/crash", []string{"engine", "engine/hook", "engine/session", "queue/store", "codec"},
		"these tests kill the broker as a program, and one of their own that has a plugin"},
	{"internal/clients", []string{"internal/deps"},
		"these tests see the broker as its users do: as a program with a port"},
	{"internal/...", []string{"internal/...", "config", "netpoll/...", "queue/...", "trie", "codec", "*"},
		"helpers of commands and tests stand beside the engine, not on it"},

	{"benchmarks/...", []string{"benchmarks/...", "internal/...", "netpoll/...", "codec", "*"},
		"whole-broker measurements see brokers as programs with ports, ours like any other"},
	{"fuzz/...", []string{"engine/...", "netpoll/...", "queue/...", "trie", "codec", "config", "*"},
		"fuzz targets cross packages, but no commands"},
}

// TestArrows proves that no file of the module, of whatever system and build tag, imports against the arrows.
func TestArrows(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := Sources(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no Go files below %s", root)
	}
	for _, err := range Check(arrows, files) {
		t.Error(err)
	}
}

// TestCheck proves that the checker notices each kind of wrong import and lets right ones pass.
func TestCheck(t *testing.T) {
	const m = Module + "/"
	for _, test := range []struct {
		what string
		file File
		bad  bool
	}{
		{"standard library", File{Package: "codec", Imports: []string{"encoding/binary"}}, false},
		{"invariants", File{Package: "codec", Imports: []string{m + "internal/invariants"}}, false},
		{"another module from codec", File{Package: "codec", Imports: []string{"example.org/x"}}, true},
		{"upwards", File{Package: "codec", Imports: []string{m + "trie"}}, true},
		{"sideways", File{Package: "trie", Imports: []string{m + "codec"}}, true},
		{"a listed module", File{Package: "trie", Imports: []string{"github.com/cespare/xxhash/v2"}}, false},
		{"netpoll learns MQTT", File{Package: "netpoll/wslayer", Imports: []string{m + "codec"}}, true},
		{"netpoll's own layers", File{Package: "netpoll/wslayer", Imports: []string{m + "netpoll"}}, false},
		{"session on engine", File{Package: "engine/session", Imports: []string{m + "engine"}}, true},
		{"session on trie", File{Package: "engine/session", Imports: []string{m + "trie"}}, false},
		{"plugin on session", File{Package: "engine/plugin/acl", Imports: []string{m + "engine/session"}}, true},
		{"plugin on hook", File{Package: "engine/plugin/acl", Imports: []string{m + "engine/hook"}}, false},
		{"hook on the engine", File{Package: "engine/hook", Imports: []string{m + "engine"}}, true},
		{"engine on a command's package", File{Package: "engine", Imports: []string{m + "cmd/vernemq"}}, true},
		{"engine on a test bench", File{Package: "engine", Imports: []string{m + "internal/loadgen"}}, true},
		{"engine's test on a test bench", File{Package: "engine", Test: true, Imports: []string{m + "internal/loadgen"}}, false},
		{"a test with another module", File{Package: "codec", Test: true, Imports: []string{"example.org/x"}}, false},
		{"a test upwards", File{Package: "codec", Test: true, Imports: []string{m + "engine"}}, true},
		{"its own package, from an external test", File{Package: "codec", Test: true, Imports: []string{m + "codec"}}, false},
		{"a package without a rule", File{Package: "misc"}, true},
	} {
		if errs := Check(arrows, []File{test.file}); (len(errs) > 0) != test.bad {
			t.Errorf("%s: errors %v, want any: %v", test.what, errs, test.bad)
		}
	}
}
