package hook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// gate is a plugin with one hook that answers as the test says.
type gate struct {
	name   string
	answer error
	mods   *PublishMods
	calls  *[]string
}

func (g *gate) AuthOnPublish(ctx context.Context, _ *Publish) (*PublishMods, error) {
	where := "worker"
	if ctx == Loop {
		where = "loop"
	}
	*g.calls = append(*g.calls, g.name+" on "+where)
	if g.answer == errPanic {
		panic("out of order")
	}
	return g.mods, g.answer
}

var (
	errPanic = errors.New("panic")
	errNo    = errors.New("no")
)

// TestAsk proves that plugins are asked in order until one decides, that its word is the last, and what is said if none does.
func TestAsk(t *testing.T) {
	var yes error
	for _, test := range []struct {
		answers []error
		want    error
		asked   int
	}{
		{nil, ErrNoPlugin, 0},
		{[]error{yes, errNo}, nil, 1},
		{[]error{errNo, yes}, errNo, 1},
		{[]error{ErrNext, yes}, nil, 2},
		{[]error{ErrNext, errNo, yes}, errNo, 2},
		{[]error{ErrNext, ErrNext}, ErrExhausted, 2},
		{[]error{ErrNext, ErrWait, yes}, ErrWait, 2},
	} {
		var calls []string
		var plugins []Plugin
		for i, a := range test.answers {
			name := fmt.Sprint("p", i)
			plugins = append(plugins, Plugin{name, &gate{name: name, answer: a, calls: &calls}})
		}
		set := New(plugins...)
		_, at, err := Ask(Loop, set.AuthOnPublish, new(Publish), AuthOnPublish.AuthOnPublish)
		if err != test.want || len(calls) != test.asked {
			t.Errorf("%v: result %v after %v, want %v after %d calls", test.answers, err, calls, test.want, test.asked)
		}
		if err == ErrWait && at != 1 {
			t.Errorf("%v: asking would go on at %d, want 1", test.answers, at)
		}
	}
}

// TestAskFirstModifiersWin proves that a plugin that agrees ends the chain with its changes.
func TestAskFirstModifiersWin(t *testing.T) {
	var calls []string
	first, second := &PublishMods{Topic: []byte("first")}, &PublishMods{Topic: []byte("second")}
	set := New(Plugin{"a", &gate{name: "a", mods: first, calls: &calls}}, Plugin{"b", &gate{name: "b", mods: second, calls: &calls}})
	mods, _, err := Ask(Loop, set.AuthOnPublish, new(Publish), AuthOnPublish.AuthOnPublish)
	if mods != first || err != nil {
		t.Errorf("got %v, %v", mods, err)
	}
}

// TestAskContainsPanics proves that a plugin that panics has refused, and can be found.
func TestAskContainsPanics(t *testing.T) {
	var calls []string
	set := New(Plugin{"bad", &gate{name: "bad", answer: errPanic, calls: &calls}}, Plugin{"good", &gate{name: "good", calls: &calls}})
	_, _, err := Ask(Loop, set.AuthOnPublish, new(Publish), AuthOnPublish.AuthOnPublish)
	var p *Panicked
	if !errors.As(err, &p) || p.Plugin != "bad" || p.Value != "out of order" || len(p.Stack) == 0 {
		t.Errorf("got %v", err)
	}
	if len(calls) != 1 {
		t.Errorf("after the panic others were asked: %v", calls)
	}
}

// TestWaitOnAWorkerIsRefused proves that a plugin cannot make a worker ask for ever.
func TestWaitOnAWorkerIsRefused(t *testing.T) {
	var calls []string
	set := New(Plugin{"a", &gate{name: "a", answer: ErrWait, calls: &calls}})
	if _, _, err := Ask(context.Background(), set.AuthOnPublish, new(Publish), AuthOnPublish.AuthOnPublish); err == nil || err == ErrWait {
		t.Errorf("got %v", err)
	}
}

// TestSelect proves that a listener's lists choose plugins and their order, each list for its hooks only.
func TestSelect(t *testing.T) {
	var calls []string
	a, b, c := &gate{name: "a", calls: &calls}, &gate{name: "b", calls: &calls}, &gate{name: "c", calls: &calls}
	set := New(Plugin{"a", a}, Plugin{"b", b}, Plugin{"c", c})
	names := func(s *Set) (all []string) {
		for _, e := range s.AuthOnPublish {
			all = append(all, e.Plugin)
		}
		return all
	}
	for _, test := range []struct {
		auth, authz, want []string
	}{
		{nil, nil, []string{"a", "b", "c"}},
		{nil, []string{"c", "a"}, []string{"c", "a"}},
		{[]string{"b"}, nil, []string{"a", "b", "c"}},
		{nil, []string{"unknown"}, nil},
	} {
		if got := names(set.Select(test.auth, test.authz)); !slices.Equal(got, test.want) {
			t.Errorf("auth %v, authz %v: %v, want %v", test.auth, test.authz, got, test.want)
		}
	}
	if (*Set)(nil).Select([]string{"a"}, nil) != nil {
		t.Error("a selection of no plugins is not nil")
	}
}

// TestImplemented proves that hooks are found by what a plugin can do.
func TestImplemented(t *testing.T) {
	if got := Implemented(&gate{}); !slices.Equal(got, []Name{AuthOnPublishName}) {
		t.Errorf("a plugin with one hook has %v", got)
	}
	if len(rows) != 25 {
		t.Errorf("%d hooks, want the 25 of VerneMQ", len(rows))
	}
}

// TestSecret proves that a password does not get into logs.
func TestSecret(t *testing.T) {
	s := Secret("geheim")
	j, _ := s.MarshalJSON()
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %s %#v", s, s, s), string(j)} {
		if slices.Contains([]string{text}, "geheim") || len(text) == 0 {
			t.Errorf("printed as %s", text)
		}
	}
}
