package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/plugin"
	"github.com/vernemq/vmq/engine/plugin/acl"
	"github.com/vernemq/vmq/engine/plugin/passwd"
)

// fake is a plugin that notes what happens to it.
type fake struct {
	name  string
	desk  *desk
	start error
}

func (f *fake) Start() error { f.desk.note("start", f.name); return f.start }
func (f *fake) Stop()        { f.desk.note("stop", f.name) }

func (f *fake) AuthOnPublish(context.Context, *hook.Publish) (*hook.PublishMods, error) {
	return nil, hook.ErrNext
}

func (f *fake) OnConfigChange(_ context.Context, c *hook.ConfigChange) error {
	f.desk.note("config", f.name)
	if c.Values["panic"] == f.name {
		panic("as asked")
	}
	return nil
}

// desk is a manager with what it did.
type desk struct {
	*plugin.Manager
	events []string
	log    strings.Builder
}

func (d *desk) note(words ...string) { d.events = append(d.events, strings.Join(words, " ")) }

// take returns what has happened since the last look.
func (d *desk) take() string {
	all := strings.Join(d.events, ", ")
	d.events = nil
	return all
}

func newDesk(broken map[string]error, on ...plugin.Choice) *desk {
	d := &desk{}
	var kinds []plugin.Kind
	for _, name := range []string{"a", "b", "c", "d"} {
		kinds = append(kinds, plugin.Kind{
			Name:  name,
			New:   func() plugin.Instance { return &fake{name, d, broken[name]} },
			Hooks: []plugin.Line{{Hook: "auth_on_publish", Call: name + ":auth_on_publish/6"}, {Hook: "change_config", Call: name + ":change_config/1", Internal: true}},
		})
	}
	d.Manager = plugin.New(plugin.Options{
		Kinds: kinds, On: on, Logger: slog.New(slog.NewTextHandler(&d.log, nil)),
		Install: func(h *hook.Set) {
			names := ""
			for _, e := range h.AuthOnPublish {
				names += e.Plugin
			}
			d.note("install", names)
		},
	})
	return d
}

func on(name string) plugin.Choice { return plugin.Choice{Name: name} }

func at(name string, priority int) plugin.Choice {
	return plugin.Choice{Name: name, Priority: hook.Some(priority)}
}

// TestOrder proves that priorities come first, then names.
func TestOrder(t *testing.T) {
	for _, x := range []struct {
		on   []plugin.Choice
		want string
	}{
		{nil, "install "},
		{[]plugin.Choice{on("c"), on("a"), on("b")}, "start a, start b, start c, install abc"},
		{[]plugin.Choice{on("a"), at("c", 5), at("b", -1)}, "start b, start c, start a, install bca"},
		{[]plugin.Choice{at("b", 1), at("a", 1), on("a")}, "start a, start b, install ab"},
	} {
		d := newDesk(nil, x.on...)
		if err := d.Start(); err != nil {
			t.Fatal(err)
		}
		if got := d.take(); got != x.want {
			t.Errorf("%v: %s, want %s", x.on, got, x.want)
		}
	}
}

// TestEnableDisable goes through what an operator can do, and what he is told when he cannot.
func TestEnableDisable(t *testing.T) {
	broken := errors.New("broken")
	d := newDesk(map[string]error{"d": broken}, on("a"), on("b"))
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	d.take()
	for _, x := range []struct {
		do     func(string) error
		name   string
		err    error
		events string
	}{
		{d.Enable, "a", plugin.ErrAlreadyEnabled, ""},
		{d.Enable, "z", plugin.ErrNotFound, ""},
		{d.Disable, "z", plugin.ErrNotFound, ""},
		{d.Disable, "c", plugin.ErrNotFound, ""},
		{d.Enable, "d", broken, "start d"},
		{d.Disable, "a", nil, "install b, stop a"},
		{d.Enable, "c", nil, "start c, install bc"},
		{d.Enable, "a", nil, "start a, install bca"},
		{d.Disable, "b", nil, "install ca, stop b"},
	} {
		err := x.do(x.name)
		if !errors.Is(err, x.err) || err != nil && !strings.Contains(err.Error(), "plugin "+x.name+": ") {
			t.Errorf("plugin %s: error %v, want %v", x.name, err, x.err)
		}
		if got := d.take(); got != x.events {
			t.Errorf("plugin %s: %s, want %s", x.name, got, x.events)
		}
	}
	for _, x := range []struct {
		names []string
		err   error
	}{
		{nil, nil},
		{[]string{"a", "c"}, nil},
		{[]string{"b"}, plugin.ErrUnknownOrDisabled},
		{[]string{"a", "z"}, plugin.ErrUnknownOrDisabled},
		{[]string{"a", "c", "a"}, plugin.ErrDuplicate},
	} {
		if err := d.Check(x.names); !errors.Is(err, x.err) {
			t.Errorf("the list %v: %v, want %v", x.names, err, x.err)
		}
	}
	d.Stop()
	if got := d.take(); got != "stop a, stop c" {
		t.Errorf("at the end: %s", got)
	}
}

// TestFailingStart proves that a plugin that fails is left out, and that one whose files are wrong keeps the broker from starting.
func TestFailingStart(t *testing.T) {
	broken := errors.New("broken")
	d := newDesk(map[string]error{"b": broken}, on("a"), on("b"), on("c"), on("z"))
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	if got := d.take(); got != "start a, start b, start c, install ac" {
		t.Error(got)
	}
	if log := d.log.String(); strings.Count(log, "level=WARN") != 2 || !strings.Contains(log, "plugin b: broken") || !strings.Contains(log, "plugin z: plugin_not_found") {
		t.Errorf("log:\n%s", log)
	}
	d = newDesk(map[string]error{"b": &plugin.FatalError{Err: broken}}, on("a"), on("b"), on("c"))
	if err := d.Start(); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	if got := d.take(); got != "start a, start b, stop a" {
		t.Error(got)
	}
}

// TestConfigChanged proves that all plugins hear of it, also after one that panics.
func TestConfigChanged(t *testing.T) {
	d := newDesk(nil, on("a"), on("b"), on("c"))
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	d.take()
	d.ConfigChanged(t.Context(), map[string]string{"panic": "b"})
	if got := d.take(); got != "config a, config b, config c" {
		t.Error(got)
	}
	if !strings.Contains(d.log.String(), "plugin=b") {
		t.Errorf("log:\n%s", d.log.String())
	}
}

// TestShow is about the rows that scripts parse.
func TestShow(t *testing.T) {
	m := plugin.New(plugin.Options{
		Kinds: []plugin.Kind{
			passwd.Kind(passwd.Options{}), acl.Kind(acl.Options{}),
			{Name: "vmq_bridge", New: func() plugin.Instance { return &fake{"vmq_bridge", &desk{}, nil} }},
		},
		Install: func(*hook.Set) {},
	})
	if rows := m.Show(plugin.Query{}); rows != nil {
		t.Errorf("nothing runs, and shows as %v", rows)
	}
	d := newDesk(nil, on("b"), on("a"))
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		q    plugin.Query
		want string
	}{
		{plugin.Query{}, "[{a application [auth_on_publish] [a:auth_on_publish/6]} {b application [auth_on_publish] [b:auth_on_publish/6]}]"},
		{plugin.Query{Plugin: "b", Internal: true}, "[{b application [auth_on_publish change_config] [b:auth_on_publish/6 b:change_config/1]}]"},
		{plugin.Query{Plugin: "a", Hook: "change_config"}, "[]"},
		{plugin.Query{Hook: "change_config", Internal: true}, "[{a application [change_config] [a:change_config/1]} {b application [change_config] [b:change_config/1]}]"},
		{plugin.Query{Plugin: "z"}, "[]"},
	} {
		if got := fmt.Sprint(d.Show(x.q)); got != x.want {
			t.Errorf("%+v: %s, want %s", x.q, got, x.want)
		}
	}
}

// TestBundledLines compares the lines of the bundled plugins with those of VerneMQ, and with the hooks that they implement.
func TestBundledLines(t *testing.T) {
	for _, x := range []struct {
		kind plugin.Kind
		want string
	}{
		{passwd.Kind(passwd.Options{}), "auth_on_register vmq_passwd:auth_on_register/5, auth_on_register_m5 vmq_passwd:auth_on_register_m5/6"},
		{acl.Kind(acl.Options{}), "auth_on_publish vmq_acl:auth_on_publish/6, auth_on_subscribe vmq_acl:auth_on_subscribe/3, " +
			"auth_on_publish_m5 vmq_acl:auth_on_publish_m5/7, auth_on_subscribe_m5 vmq_acl:auth_on_subscribe_m5/4"},
	} {
		var shown, names []string
		for _, l := range x.kind.Hooks {
			if l.Internal {
				continue
			}
			shown, names = append(shown, l.Hook+" "+l.Call), append(names, l.Hook)
		}
		if got := strings.Join(shown, ", "); got != x.want {
			t.Errorf("%s shows %s, want %s", x.kind.Name, got, x.want)
		}
		for _, name := range hook.Implemented(x.kind.New()) {
			if name != hook.OnConfigChangeName && !slices.Contains(names, string(name)) {
				t.Errorf("%s implements %s and does not show it", x.kind.Name, name)
			}
		}
	}
}
