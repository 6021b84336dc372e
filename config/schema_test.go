package config

import (
	"bufio"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// specified is one line of testdata/keys.txt: a key as the specification has it. * means that it does not say.
type specified struct{ key, kind, value, hidden, set, scope string }

func specifiedKeys(t *testing.T) []specified {
	t.Helper()
	f, err := os.Open("testdata/keys.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []specified
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		c := strings.Split(s.Text(), " | ")
		if len(c) != 6 {
			t.Fatalf("line %q has %d columns", s.Text(), len(c))
		}
		all = append(all, specified{c[0], c[1], c[2], c[3], c[4], c[5]})
	}
	return all
}

// otherDefaults are defaults that the product text changes.
var otherDefaults = map[string]string{
	"max_client_id_size":                     "23",
	"outgoing_clustering_buffer_size":        "10000",
	"max_drain_time":                         "500ms",
	"log.crash":                              "on",
	"log.crash.rotation.size":                "10MB",
	"listener.tcp.allowed_protocol_versions": "3,4",
	"listener.ssl.allowed_protocol_versions": "3,4",
	"listener.ws.allowed_protocol_versions":  "3,4",
	"listener.wss.allowed_protocol_versions": "3,4",
}

// otherKinds are keys whose kind is stricter, or more fitting, than the specification's word for it.
var otherKinds = map[string]Kind{
	"persistent_client_expiration":            Period,
	"max_last_will_delay":                     Period,
	"max_drain_time":                          Duration,
	"reg_views":                               Term,
	"outgoing_connect_options":                Term,
	"tcp_listen_options":                      Term,
	"http_modules":                            List,
	"leveldb.tiered":                          Int,
	"leveldb.expiration.mode":                 Enum,
	"vmq_http_pub.mqtt_auth.mode":             Enum,
	"platform_data_dir":                       Dir,
	"vmq_bridge.tcp.NAME.queue_dir":           Dir,
	"http_module.NAME.auth.mode":              Enum,
	"vmq_bridge.ssl.NAME.capath":              Dir,
	"vmq_bridge.ssl.NAME.queue_dir":           Dir,
	"http_module.vmq_http_pub.auth.mode":      Enum,
	"http_module.vmq_http_mgmt_api.auth.mode": Enum,
	"http_module.vmq_http_v2_api.auth.mode":   Enum,
}

// added are keys that VerneMQ does not have.
var added = []string{"vmq_acl.strict_wildcards", "vmq_acl.cancel_subscriptions"}

var kindWords = map[string][]Kind{"flag": {Flag}, "int": {Int}, "string": {String}, "word": {Enum, String}, "enum": {Enum},
	"file": {File}, "dir": {Dir}, "bytesize": {ByteSize}, "percent": {Percent}}

func TestEverySpecifiedKeyHasARow(t *testing.T) {
	rows := map[string]*Row{}
	for _, r := range Rows() {
		if rows[r.Key] != nil {
			t.Errorf("%s has two rows", r.Key)
		}
		rows[r.Key] = r
	}
	keys := specifiedKeys(t)
	if len(keys) != 633 {
		t.Fatalf("the list has %d keys, not 633", len(keys))
	}
	for _, s := range keys {
		r := rows[s.key]
		if r == nil {
			t.Errorf("%s has no row", s.key)
			continue
		}
		delete(rows, s.key)
		value := "(unset)"
		if !r.NoDefault {
			value = r.Default
		}
		if want, other := otherDefaults[s.key]; other {
			s.value = want
		}
		if s.value == "(empty)" {
			s.value = ""
		}
		if value != s.value {
			t.Errorf("%s: default %q, specified %q", s.key, value, s.value)
		}
		if word, _, _ := strings.Cut(s.kind, " or "); s.kind != "*" {
			word, _, _ = strings.Cut(word, "(")
			kinds := kindWords[word]
			if k, other := otherKinds[s.key]; other {
				kinds = []Kind{k}
			} else if word == "duration" {
				kinds = []Kind{Duration}
			}
			if !slices.Contains(kinds, r.Kind) {
				t.Errorf("%s: kind %v, specified %s", s.key, r.Kind, s.kind)
			}
		}
		if want := map[string]Settable{"—": Fixed, "yes/now": SetNow, "yes/new": SetNew}[s.set]; r.Settable != want {
			t.Errorf("%s: settable %v, specified %s", s.key, r.Settable, s.set)
		}
		if want, says := map[string]Scope{"N": PerNode, "S": SameForClients, "C": SameForCluster, "C*": Unique}[s.scope]; says && r.Scope != want {
			t.Errorf("%s: scope %v, specified %s", s.key, r.Scope, s.scope)
		}
	}
	for _, key := range added {
		delete(rows, key)
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if r := rows[key]; r.Status != Legacy && !strings.HasPrefix(key, "log.crash.") {
			t.Errorf("%s has a row and is not specified", key)
		}
	}
}

// TestShownKeys compares which keys the shipped file shows with the file of the reference.
func TestShownKeys(t *testing.T) {
	// Shown in our file and not in that of the reference, because their built-in defaults changed.
	ours := []string{"max_client_id_size", "outgoing_clustering_buffer_size", "listener.tcp.NAME", "listener.tcp.allowed_protocol_versions",
		"listener.ssl.allowed_protocol_versions", "listener.ws.allowed_protocol_versions", "listener.wss.allowed_protocol_versions"}
	for _, s := range specifiedKeys(t) {
		want, says := map[string]Shown{"no": ShownLive, "no (commented)": ShownCommented, "yes": Hidden, "yes (never written)": Hidden}[s.hidden]
		if !says || strings.HasPrefix(s.key, "vmq_diversity.") && strings.Count(s.key, ".") > 1 {
			continue
		}
		if slices.Contains(ours, s.key) {
			want = ShownLive
		}
		if got := Lookup(sampleKey(s.key)).Shown; got != want {
			t.Errorf("%s: shown %d, want %d", s.key, got, want)
		}
	}
}

// sampleKey fills the wildcards of a row's key.
func sampleKey(key string) string {
	segments := splitKey(key)
	for i, s := range segments {
		if wild(s) {
			segments[i] = map[string]string{"NAME": "x", "MODULE": "vmq_y", "N": "7"}[s]
		}
	}
	return joinKey(segments)
}

func TestSettableKeys(t *testing.T) {
	n := 0
	for _, r := range Rows() {
		if r.Settable != Fixed {
			n++
		}
	}
	if want := 50 + len(added); n != want {
		t.Errorf("%d keys can be set at run time, want %d", n, want)
	}
}

func TestRowsAreComplete(t *testing.T) {
	for _, r := range Rows() {
		if r.Doc == "" && r.Alias == "" {
			t.Errorf("%s has no documentation", r.Key)
		}
		if r.Doc != "" && !strings.HasSuffix(r.Doc, ".") {
			t.Errorf("%s: documentation is no sentence: %q", r.Key, r.Doc)
		}
		if r.Kind == Enum && len(r.Words) == 0 {
			t.Errorf("%s: an enum without words", r.Key)
		}
		if r.Alias != "" && Lookup(r.Alias) == nil {
			t.Errorf("%s stands for %s, which does not exist", r.Key, r.Alias)
		}
		if !r.NoDefault && !strings.Contains(r.Default, "$(") {
			if _, wrong := r.convert(r.Default); wrong != nil {
				t.Errorf("%s: its default %q is not valid: %s", r.Key, r.Default, wrong.what)
			}
		}
		if got := Lookup(sampleKey(r.Key)); got != r {
			t.Errorf("%s is not found by %s", r.Key, sampleKey(r.Key))
		}
		if r.Set != nil && r.wildcards() > 0 {
			t.Errorf("%s: a family cannot have Set", r.Key)
		}
	}
}

func TestServedKeysExist(t *testing.T) {
	n := 0
	for _, r := range Rows() {
		if r.Status == Served {
			n++
		}
	}
	if n != len(served) {
		t.Errorf("%d rows are served, the list has %d keys", n, len(served))
	}
}
