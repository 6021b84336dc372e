package trie

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestIndex runs testdata/index. Under "run" each line is one of
//
//	sub CLIENT FILTER [qos=N] [id=N] [nl] [rap] [rh=N]
//	unsub CLIENT FILTER
//	match TOPIC          prints the subscriptions and groups that match
//	count                prints the numbers of filters and subscriptions
//	mount MOUNTPOINT     holds for the lines that follow
//
// where sub prints "replaced", and unsub "none", if that is what they say.
func TestIndex(t *testing.T) {
	datadriven.Walk(t, "testdata/index", func(t *testing.T, path string) {
		x := New[string]()
		m := x.Mount("")
		var r Result[string]
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var out strings.Builder
			for line := range strings.Lines(d.Input) {
				w := strings.Fields(line)
				switch w[0] {
				case "mount":
					m = x.Mount(strings.Join(w[1:], " "))
				case "sub":
					if m.Subscribe(w[2], w[1], parseOptions(t, w[3:])) {
						out.WriteString("replaced\n")
					}
				case "unsub":
					if !m.Unsubscribe(w[2], w[1]) {
						out.WriteString("none\n")
					}
				case "match":
					m.Match([]byte(w[1]), &r)
					for _, l := range resultLines(&r) {
						out.WriteString(l + "\n")
					}
				case "count":
					fmt.Fprintf(&out, "%d filters, %d subscriptions\n", x.Filters(), x.Subscriptions())
				default:
					d.Fatalf(t, "unknown command %s", w[0])
				}
			}
			return out.String()
		})
	})
}

func parseOptions(t *testing.T, words []string) (o Options) {
	t.Helper()
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		n, err := strconv.ParseUint(value, 10, 32)
		if (value == "") != (key == "nl" || key == "rap") || err != nil && value != "" {
			t.Fatalf("option %q", w)
		}
		switch key {
		case "qos":
			o.QoS = byte(n)
		case "id":
			o.SubscriptionID = uint32(n)
		case "rh":
			o.RetainHandling = byte(n)
		case "nl":
			o.NoLocal = true
		case "rap":
			o.RetainAsPublished = true
		default:
			t.Fatalf("option %q", w)
		}
	}
	return o
}

func TestMatchAllocatesNothing(t *testing.T) {
	m := New[*client]().Mount("")
	for i := range 1000 {
		c := &client{i}
		m.Subscribe("a/b/c", c, Options{})
		m.Subscribe("a/+/c", c, Options{})
		m.Subscribe(fmt.Sprintf("a/+/%d", i), c, Options{})
		m.Subscribe("$share/g/a/#", c, Options{})
	}
	topic := []byte("a/b/c")
	var r Result[*client]
	m.Match(topic, &r)
	if len(r.Direct) != 2000 || len(r.Groups) != 1 || r.Groups[0].Members.Len() != 1000 {
		t.Fatalf("%d direct, %d groups", len(r.Direct), len(r.Groups))
	}
	if n := testing.AllocsPerRun(100, func() { m.Match(topic, &r) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

// TestMembersStay takes the members of a group and changes the group until nothing of it is left.
func TestMembersStay(t *testing.T) {
	for _, n := range []int{1, 2, 64, 65, 5000} {
		m := New[int]().Mount("")
		for i := range n {
			m.Subscribe("$share/g/jobs", i, Options{SubscriptionID: uint32(i)})
		}
		var r Result[int]
		m.Match([]byte("jobs"), &r)
		members := r.Groups[0].Members
		for i := range n {
			m.Unsubscribe("$share/g/jobs", i)
			m.Subscribe("$share/g/jobs", -1-i, Options{})
		}
		seen := make([]bool, n)
		for i := range members.Len() {
			c := members.At(i)
			if seen[c.Subscriber] || c.Options.SubscriptionID != uint32(c.Subscriber) {
				t.Fatalf("group of %d: member %d is %+v", n, i, c)
			}
			seen[c.Subscriber] = true
		}
		if slices.Contains(seen, false) {
			t.Fatalf("group of %d: a member is missing", n)
		}
	}
}

func TestResetForgets(t *testing.T) {
	m := New[*client]().Mount("")
	for i := range 5000 {
		m.Subscribe("a/+", &client{i}, Options{})
		if i < 10 {
			m.Subscribe(fmt.Sprintf("$share/g%d/a/#", i), &client{i}, Options{})
			m.Subscribe("a/b", &client{i}, Options{})
		}
	}
	var r Result[*client]
	for _, topic := range []string{"a/b", "a/c"} {
		m.Match([]byte(topic), &r)
		if len(r.Direct) < 5000 || len(r.Groups) != 10 {
			t.Fatalf("%d direct, %d groups", len(r.Direct), len(r.Groups))
		}
		r.Reset()
		if cap(r.Direct) != 0 {
			t.Errorf("room for %d matches was kept", cap(r.Direct))
		}
		for _, g := range r.Groups[:cap(r.Groups)] {
			if g.Members.v != nil || g.Name != "" {
				t.Errorf("group %s was kept", g.Name)
			}
		}
	}
	m.Unsubscribe("a/+", nil)
	r.Direct = append(r.Direct, Match[*client]{Subscriber: &client{}})
	r.Reset()
	if len(r.Direct) != 0 || r.Direct[:1][0].Subscriber != nil {
		t.Error("a subscriber was kept")
	}
}

// TestMemoryComesBack subscribes and unsubscribes many, and measures the heap.
func TestMemoryComesBack(t *testing.T) {
	const n = 5000
	x := New[*client]()
	m := x.Mount("")
	c := &client{}
	filters := make([]string, 0, 5*n)
	for i := range n {
		filters = append(filters, fmt.Sprintf("a/%d", i), fmt.Sprintf("a/+/%d/x", i), fmt.Sprintf("a/%d/#", i),
			fmt.Sprintf("$share/g/a/%d/+", i), fmt.Sprintf("$share/g%d/a", i))
	}
	before := heap()
	for _, f := range filters {
		m.Subscribe(f, c, Options{})
	}
	grown := heap() - before
	if got := int64(grown) / (x.Memory() - New[*client]().Memory()); got > 1 {
		t.Errorf("the heap grew by %d bytes, Memory says %d", grown, x.Memory())
	}
	for _, f := range filters {
		if !m.Unsubscribe(f, c) {
			t.Fatalf("no subscription to %s", f)
		}
	}
	checkEmpty(t, x)
	if left := int64(heap()) - int64(before); left > int64(grown)/20 {
		t.Errorf("%d of %d bytes were not given back", left, grown)
	}
}
