package trie

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestRules runs testdata/rules: "topic" and "filter" check one topic or filter a line (depth=n sets the limit), "share"
// takes filters apart, and "match" tells for each line of a filter and a topic whether they match, asking the plain
// rule, an Index and a Scan. The files hold cases of [MQTT-4.7.0-1], [MQTT-4.7.1-1], [MQTT-4.7.1-2], [MQTT-4.7.2-1], [MQTT-4.7.3-1],
// [MQTT-4.7.3-4], [MQTT-4.8.2-1] and [MQTT-4.8.2-2].
func TestRules(t *testing.T) {
	datadriven.Walk(t, "testdata/rules", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			depth := 0
			d.MaybeScanArgs(t, "depth", &depth)
			var out strings.Builder
			for line := range strings.Lines(d.Input) {
				line = strings.TrimSuffix(line, "\n")
				switch d.Cmd {
				case "topic":
					fmt.Fprintf(&out, "%s: %s\n", line, verdict(CheckTopic(unquote(line), depth)))
				case "filter":
					fmt.Fprintf(&out, "%s: %s\n", line, verdict(CheckFilter(unquote(line), depth)))
				case "share":
					group, rest, shared := SplitShare(line)
					fmt.Fprintf(&out, "%q %q %v\n", group, rest, shared)
				case "match":
					filter, topic, _ := strings.Cut(line, " ")
					fmt.Fprintf(&out, "%s %s: %v\n", filter, topic, matchesEverywhere(t, filter, topic))
				default:
					d.Fatalf(t, "unknown command %s", d.Cmd)
				}
			}
			return out.String()
		})
	})
}

// unquote turns the word empty into a text of no characters, which a line cannot show.
func unquote(line string) []byte { return []byte(strings.ReplaceAll(line, "<empty>", "")) }

func verdict(err error) string {
	if err == nil {
		return "ok"
	}
	var te *TopicError
	if !errors.As(err, &te) {
		return "not a TopicError: " + err.Error()
	}
	s := te.Why
	if te.Wildcard {
		s += ", wildcard"
	}
	if te.Rule != "" {
		s += " [" + te.Rule + "]"
	}
	return s
}

// matchesEverywhere asks Matches, and checks that the other ways to match agree.
func matchesEverywhere(t testing.TB, filter, topic string) bool {
	t.Helper()
	plain := Matches(filter, topic)
	m := New[string]().Mount("")
	m.Subscribe(filter, "c", Options{})
	var r Result[string]
	m.Match([]byte(topic), &r)
	if got := len(r.Direct) == 1; got != plain || len(r.Direct) > 1 {
		t.Errorf("filter %q, topic %q: Index finds %d, Matches says %v", filter, topic, len(r.Direct), plain)
	}
	if topic != "" {
		topics := NewTopics[int]().Mount("")
		topics.Set(topic, 1)
		if got := len(scanAll(t, topics, filter, 1)) == 1; got != plain {
			t.Errorf("filter %q, topic %q: Scan %v, Matches %v", filter, topic, got, plain)
		}
	}
	return plain
}

func TestRulesAllocateNothing(t *testing.T) {
	topic, filter, bad := []byte("a/b/c/d"), []byte("$share/group/a/+/#"), []byte("a/#/b")
	text := string(filter)
	if n := testing.AllocsPerRun(100, func() {
		if CheckTopic(topic, 10) != nil || CheckFilter(filter, 10) != nil || CheckFilter(bad, 10) == nil {
			t.Fatal("wrong verdict")
		}
		if _, rest, _ := SplitShare(text); !Matches(rest, "a/b/c/d") {
			t.Fatal("no match")
		}
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// FuzzFilter checks that for any filter and topic that pass the checks, the plain rule, the Index and Scan agree.
func FuzzFilter(f *testing.F) {
	for _, s := range [][2]string{
		{"a/#", "a"}, {"#", "/"}, {"+/+", "/a"}, {"$share/g/a/+", "a/b"}, {"a/+/#", "a/b"}, {"$SYS/#", "$SYS/x"}, {"+/x", "$SYS/x"},
		{strings.Repeat("a/", 70) + "+", strings.Repeat("a/", 70) + "b"}, {"longer than eight/+", "longer than eight/x"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, filter, topic string) {
		if CheckFilter([]byte(filter), 0) != nil || CheckTopic([]byte(topic), 0) != nil || len(filter) > 1<<16-1 || len(topic) > 1<<16-1 {
			return
		}
		_, rest, shared := SplitShare(filter)
		got := matchesEverywhere(t, rest, topic)
		if want := levelsMatch(strings.Split(rest, "/"), strings.Split(topic, "/")); got != want {
			t.Fatalf("filter %q, topic %q: %v, want %v", rest, topic, got, want)
		}
		if shared {
			m := New[int]().Mount("")
			m.Subscribe(filter, 1, Options{})
			var r Result[int]
			if m.Match([]byte(topic), &r); len(r.Groups) == 1 != got || len(r.Direct) != 0 {
				t.Fatalf("filter %q, topic %q: %d groups, %d direct", filter, topic, len(r.Groups), len(r.Direct))
			}
		}
	})
}
