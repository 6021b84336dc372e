package acl

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/plugin/textfile"
)

// rulesOf parses a text that is right.
func rulesOf(t testing.TB, text string) *rules {
	t.Helper()
	r, err := parse(text, 10, func(line int, filter string, why error) {
		t.Errorf("line %d, filter %q is left out: %v", line, filter, why)
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// named is a client c with that user name; "-" has none.
func named(user string) *hook.Identity {
	who := &hook.Identity{SubscriberID: hook.SubscriberID{ClientID: "c", Mountpoint: "m"}}
	if user != "-" {
		who.Username, who.HasUsername = user, true
	}
	return who
}

// TestDecisions goes through the file of the documentation and what it grants to whom.
func TestDecisions(t *testing.T) {
	p := &policy{rules: rulesOf(t, `# general
topic bar
topic write foo
topic read open_to_all

user john
topic foo
topic read baz
topic write open_to_all
pattern write sensor/%u/data
`)}
	topics := []string{"bar", "foo", "open_to_all", "baz", "sensor/john/data", "sensor/mary/data", "sensor/%u/data", "other"}
	for _, x := range []struct{ user, publish, subscribe string }{
		{"-", "bar foo", "bar open_to_all"},
		{"john", "bar foo open_to_all sensor/john/data", "bar foo open_to_all baz"},
		{"mary", "bar foo sensor/mary/data", "bar open_to_all"},
		{"", "bar foo", "bar open_to_all"},
	} {
		for right, want := range map[right]string{write: x.publish, read: x.subscribe} {
			var got []string
			for _, topic := range topics {
				if p.allow(named(x.user), right, []byte(topic)) {
					got = append(got, topic)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("user %q, right %d: %q, want %q", x.user, right, got, want)
			}
		}
	}
}

// TestMatching is about single rules and single requests. Each is tried alone and in a list that is long enough to be a tree.
func TestMatching(t *testing.T) {
	for _, x := range []struct {
		line    string
		request string
		want    bool
		lax     bool // what VerneMQ says
	}{
		{"topic a/#", "a", true, true},
		{"topic a/#", "a/b", true, true},
		{"topic a/#", "a/+", true, true},
		{"topic a/#", "a/#", true, true},
		{"topic a/#", "a/b/#", true, true},
		{"topic a/#", "+/b", false, false},
		{"topic a/#", "#", false, false},
		{"topic a/#", "b", false, false},
		{"topic a/#", "ab", false, false},
		{"topic s/+", "s/x", true, true},
		{"topic s/+", "s/+", true, true},
		{"topic s/+", "s/", true, true},
		{"topic s/+", "s/#", false, true},
		{"topic +", "#", false, true},
		{"topic +", "+", true, true},
		{"topic +/+", "+/#", false, true},
		{"topic s/+", "s/x/y", false, false},
		{"topic s/+", "#", false, false},
		{"topic s/+", "s", false, false},
		{"topic #", "$SYS/broker/uptime", true, true},
		{"topic +/broker", "$SYS/broker", true, true},
		{"topic #", "#", true, true},
		{"topic a/b", "$share/g/a/b", false, false},
		{"topic $share/+/a/b", "$share/g/a/b", true, true},
		{"topic #", "$share/g/a/b", true, true},
		{"topic a", "a", true, true},
		{"topic a", "a/", false, false},
		{"topic a/", "a", false, false},
		{"topic /", "/", true, true},
		{"topic /+", "/x", true, true},
		{"topic A", "a", false, false},
		{"topic read a", "a", true, true},
		{"topic write a", "a", false, false},
		{"topic readwrite a", "readwrite a", true, true},
		{"topic v/w x/y", "v/w x/y", true, true},
		{"topic \t v \t", "v", true, true},
		{"topic %u", "%u", true, true},
		{"topic %u", "u", false, false},
		{"pattern x/%u", "x/u", true, true},
		{"pattern x/%c/y", "x/c/y", true, true},
		{"pattern %m/%u/%c", "m/u/c", true, true},
		{"pattern x%u", "xu", false, false},
		{"pattern x%u", "x%u", true, true},
		{"pattern x/%u/#", "x/u", true, true},
		{"pattern x/%u/#", "x/u/y/z", true, true},
		{"pattern x/%u", "x/v", false, false},
		{"pattern x/%u", "x/+", false, false},
		{"pattern x/+", "x/v", true, true},
	} {
		filler := "pattern read filler/%u/+\npattern read filler/x/y\npattern read filler/x/z\npattern filler/z\n"
		for _, text := range []string{x.line, filler + x.line, strings.ReplaceAll(filler, "pattern", "topic") + x.line, "user u\n" + x.line} {
			for _, lax := range []bool{false, true} {
				want := x.want
				if lax {
					want = x.lax
				}
				p := &policy{rules: rulesOf(t, text), lax: lax}
				if got := p.allow(named("u"), read, []byte(x.request)); got != want {
					t.Errorf("%q, subscribing to %q, lax %t: %t, want %t", text, x.request, lax, got, want)
				}
			}
		}
	}
}

// TestSubstitutedWildcards proves that nobody gets more by calling himself a wildcard, or two levels.
func TestSubstitutedWildcards(t *testing.T) {
	for _, lax := range []bool{false, true} {
		p := &policy{rules: rulesOf(t, "pattern x/%u/y\npattern z/%c\n"), lax: lax}
		for _, name := range []string{"+", "#", "a/b", ""} {
			who := named(name)
			who.ClientID = name
			for _, request := range []string{"x/+/y", "x/#", "x/a/y", "x/a/b/y", "z/+", "z/#", "z/a", "z/a/b", "#", "+"} {
				if p.allow(who, read, []byte(request)) {
					t.Errorf("a client called %q may subscribe to %s, lax %t", name, request, lax)
				}
			}
		}
		if !p.allow(named(""), read, []byte("x//y")) {
			t.Error("an empty user name is no name at all")
		}
		if p.allow(named("-"), read, []byte("x//y")) {
			t.Error("a client without user name has the empty one")
		}
	}
}

// TestGrammar is about files: which lines are mistakes, which are left out, and what the rest means.
func TestGrammar(t *testing.T) {
	for _, x := range []struct {
		text    string
		mistake int    // line; 0: none
		skipped []int  // lines
		allowed string // what user u may subscribe to, of a, b and c
	}{
		{"", 0, nil, ""},
		{"\n\r\n \t\n# x\ntopic a\r\n#topic b\n", 0, nil, "a"},
		{"topic a\nuser v\ntopic b\nuser u\ntopic c", 0, nil, "a c"},
		{"user u\ntopic a\nuser v\ntopic b\nuser u\ntopic c", 0, nil, "a c"},
		{"user u \t\ntopic a\n", 0, nil, "a"},
		{"user v\npattern a\ntopic b\n", 0, nil, "a"},
		{"user \ntopic a\n", 0, nil, ""},
		{"topic a/#/b\ntopic b\n", 0, []int{1}, "b"},
		{"topic a+\ntopic a#\ntopic \ntopic  \ntopic a\xff\ntopic a\x00\ntopic $share/a\ntopic c", 0, []int{1, 2, 3, 4, 5, 6, 7}, "c"},
		{"topic 1/2/3/4/5/6/7/8/9/10\ntopic 1/2/3/4/5/6/7/8/9/10/11\n", 0, []int{2}, ""},
		{"topic read", 0, nil, ""}, // the filter "read", for both
		{"topic", 1, nil, ""},
		{"topic a\nuser", 2, nil, ""},
		{"topic\ta", 1, nil, ""},
		{" topic a", 1, nil, ""},
		{"Topic a", 1, nil, ""},
		{"topic a\n\ndeny b\n", 3, nil, ""},
		{"\uFEFFtopic a\n", 1, nil, ""},
		{"users u\n", 1, nil, ""},
		{"patterns a\n", 1, nil, ""},
	} {
		var skipped []int
		r, err := parse(x.text, 10, func(line int, _ string, _ error) { skipped = append(skipped, line) })
		var m *textfile.Mistake
		if errors.As(err, &m) != (x.mistake != 0) || m != nil && m.Line != x.mistake {
			t.Errorf("%q: error %v, want one of line %d", x.text, err, x.mistake)
			continue
		}
		if !slices.Equal(skipped, x.skipped) {
			t.Errorf("%q: lines %v are left out, want %v", x.text, skipped, x.skipped)
		}
		if r == nil {
			continue
		}
		var got []string
		for _, topic := range []string{"a", "b", "c"} {
			if (&policy{rules: r}).allow(named("u"), read, []byte(topic)) {
				got = append(got, topic)
			}
		}
		if strings.Join(got, " ") != x.allowed {
			t.Errorf("%q: allows %q, want %q", x.text, got, x.allowed)
		}
	}
}

// covers is the plain rule for one filter of a file and one request.
func covers(filter string, pattern bool, request string, who *hook.Identity, lax bool) bool {
	f, levels := strings.Split(filter, "/"), strings.Split(request, "/")
	for i, want := range f {
		if want == "#" {
			return true
		}
		if i == len(levels) {
			return false
		}
		value, is := map[string]string{"%c": who.ClientID, "%u": who.Username, "%m": who.Mountpoint}[want]
		switch {
		case want == "+":
			if levels[i] == "#" && !lax {
				return false
			}
		case pattern && is:
			if want == "%u" && !who.HasUsername || levels[i] != value || value == "+" || value == "#" {
				return false
			}
		case want != levels[i]:
			return false
		}
	}
	return len(f) == len(levels)
}

// TestListsAndTrees compares random files of any length with the plain rule.
func TestListsAndTrees(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"a", "b", "", "+", "%u", "%c", "%m", "u", "c", "$share"}
	for i := range 40 {
		words = append(words, fmt.Sprint("w", i))
	}
	filter := func(last ...string) string {
		levels := make([]string, 1+random.IntN(4))
		for i := range levels {
			levels[i] = words[min(random.IntN(len(words)), random.IntN(len(words)))]
		}
		if random.IntN(4) == 0 {
			levels[len(levels)-1] = last[random.IntN(len(last))]
		}
		return strings.Join(levels, "/")
	}
	for round := range 300 {
		type rule struct {
			filter  string
			pattern bool
		}
		var all []rule
		var text strings.Builder
		for range random.IntN(60) {
			r := rule{filter("#", "+"), random.IntN(2) == 0}
			if checkFilter(r.filter, 10) != nil {
				continue
			}
			all = append(all, r)
			fmt.Fprintln(&text, map[bool]string{true: "pattern", false: "topic"}[r.pattern], r.filter)
		}
		rs := rulesOf(t, text.String())
		for range 200 {
			who, request, lax := named([]string{"-", "u", "a", "+", ""}[random.IntN(5)]), filter("#", "+", "x"), random.IntN(2) == 0
			want := slices.ContainsFunc(all, func(r rule) bool { return covers(r.filter, r.pattern, request, who, lax) })
			p := &policy{rules: rs, lax: lax}
			if got := p.allow(who, read, []byte(request)); got != want {
				t.Fatalf("round %d: %+v subscribing to %q, lax %t: %t, want %t, by\n%s", round, who.Username, request, lax, got, want, &text)
			}
		}
	}
}

// TestLostBy proves that a rule that goes is noticed, and one that comes, moves or is repeated is not.
func TestLostBy(t *testing.T) {
	for _, x := range []struct {
		before, after string
		lost          bool
	}{
		{"topic a\n", "topic b\ntopic a\ntopic a\n", false},
		{"topic a\ntopic b\n", "topic a\n", true},
		{"topic write a\n", "", false},
		{"topic a\n", "topic read a\n", false},
		{"topic a\n", "topic write a\n", true},
		{"user u\ntopic a\n", "user v\ntopic a\n", true},
		{"user u\ntopic a\n", "topic a\n", true},
		{"pattern a\n", "topic a\n", true},
		{"", "topic a\n", false},
	} {
		if got := rulesOf(t, x.before).lostBy(rulesOf(t, x.after)); got != x.lost {
			t.Errorf("from %q to %q: lost %t, want %t", x.before, x.after, got, x.lost)
		}
	}
}

// TestDecisionAllocatesNothing is about both rights, for a short list and a long one.
func TestDecisionAllocatesNothing(t *testing.T) {
	for _, n := range []int{1, 100} {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "pattern a/%d/%%u\nuser u%d\ntopic b/%[1]d\n", i, i)
		}
		p := &policy{rules: rulesOf(t, text.String())}
		who, topic := named("u0"), []byte("a/0/u0")
		if n := testing.AllocsPerRun(100, func() {
			if !p.allow(who, write, topic) {
				t.Fatal("refused")
			}
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// FuzzFile feeds the parser: nothing panics, and a file that is accepted grants nothing that its text does not spell.
func FuzzFile(f *testing.F) {
	for _, text := range []string{"topic #\n", "topic read a/+\r\nuser u\ntopic write b/#\npattern %u/%c/%m\n", "# x\n\nuser \ntopic\n", "topic a/#/b\n"} {
		f.Add(text, "a/b")
	}
	f.Fuzz(func(t *testing.T, text, request string) {
		r, err := parse(text, 10, func(int, string, error) {})
		var m *textfile.Mistake
		if err != nil && (!errors.As(err, &m) || m.Line < 1 || m.Line > strings.Count(text, "\n")+1) {
			t.Fatalf("error %v for %q", err, text)
		}
		if r == nil || request == "" {
			return
		}
		who := named("u")
		want := false
		for _, line := range textfile.Lines(text) {
			for _, k := range keywords {
				if filter, is := strings.CutPrefix(line, k.text); is && checkFilter(trim(filter), 10) == nil {
					want = want || covers(trim(filter), k.scope == forPattern, request, who, true)
					break
				}
			}
		}
		if (&policy{rules: r, lax: true}).allow(who, read, []byte(request)) && !want {
			t.Fatalf("%q is allowed by %q", request, text)
		}
	})
}
