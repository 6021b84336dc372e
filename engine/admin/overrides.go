package admin

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/vernemq/vmq/config"
)

// coreApp is the component of the keys that belong to no plugin and to no store.
const coreApp = "vmq_server"

// apps are the components that have keys, sorted.
func apps() []string {
	list := []string{coreApp}
	for _, r := range config.Rows() {
		list = append(list, appOf(r.Key))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// appOf is the component that a key belongs to: its first word, if that is one of a component.
func appOf(key string) string {
	if app, _, below := strings.Cut(key, "."); below && strings.HasPrefix(app, "vmq_") {
		return app
	}
	return coreApp
}

func isApp(value string) error {
	if !slices.Contains(apps(), value) {
		return fmt.Errorf("expected one of %s", strings.Join(apps(), ", "))
	}
	return nil
}

// configCommands look at what was changed since the broker started, and take it back.
func (t *Commands) configCommands() []Command {
	app := []Arg{{Key: "app", Value: "<component>", Help: "Component, such as vmq_server or vmq_acl.", Check: isApp, Complete: apps()}}
	key := Flag{Name: "key", Short: 'k', Value: "<key>", Help: "Only this key.", Check: isText}
	return []Command{
		{
			Path: "config show", Synopsis: "app=<component> [--key=<key>]", Summary: "Show which settings were changed since the start",
			Help: "Shows the settings of a component: in the column Env as they were when the broker started, or in the column Node\n" +
				"as they were changed since. Nothing is kept for the cluster as a whole, so the column Global stays empty.",
			Args: app, Flags: []Flag{key}, AfterStop: true, Do: t.showOverrides,
		},
		{
			Path: "config reset", Synopsis: "app=<component> [--key=<key>] [--config-val=<value> | --config-file=<file>]",
			Summary: "Take changes of settings back",
			Help: "Gives the settings of a component, or one of them, the values back that they had when the broker started.\n" +
				"With a value, one setting gets that instead.",
			Args: app, AfterStop: true, Do: t.resetOverrides,
			Flags: []Flag{key,
				{Name: "config-val", Value: "<value>", Help: "The value, as in vernemq.conf.", Check: isText},
				{Name: "config-file", Value: "<file>", Help: "A file with the value.", Check: isFile},
				{Name: "local", Help: "On this node. This is so without it, too."},
				{Name: "global", Help: "On all nodes."}},
		},
	}
}

// override is a setting with its value now and the one it had when the broker started.
type override struct {
	config.Entry
	initial string
	changed bool
}

// overrides are the settings of the component that in names, or the one of them that it names. No app or key is an alert.
func (t *Commands) overrides(in *Input) (list []override, refused Result) {
	app := in.Arg("app")
	if app == "" {
		return nil, alert("A component is missing: app=<component> names it.")
	}
	key, one := in.Flag("key")
	for _, e := range t.options.Settings.Effective() {
		if appOf(e.Key) != app || one && e.Key != key && e.Key != app+"."+key {
			continue
		}
		initial, found := t.options.Settings.Initial(e.Key)
		list = append(list, override{e, initial, !found || initial != e.Value})
	}
	switch {
	case list != nil:
		return list, nil
	case one:
		return nil, alert(fmt.Sprintf("%s has no setting %s.", app, key))
	}
	return nil, alert(app + " has no settings.")
}

func (t *Commands) showOverrides(_ context.Context, in *Input) (Result, error) {
	list, refused := t.overrides(in)
	if refused != nil {
		return refused, nil
	}
	table := &Table{Columns: []string{"Config", "Env", "Node", "Global"}}
	for _, o := range list {
		scope, value := "Env", secret(o.Row, o.Value)
		if o.changed {
			scope = "Node"
		}
		if in.Has("key") {
			return text(fmt.Sprintf("Scope: %s\nValue: %s", scope, value)), nil
		}
		row := []any{o.Key, value, "", ""}
		if o.changed {
			row[1], row[2] = "", value
		}
		table.add(row...)
	}
	return Result{table}, nil
}

func (t *Commands) resetOverrides(_ context.Context, in *Input) (Result, error) {
	list, refused := t.overrides(in)
	if refused != nil {
		return refused, nil
	}
	value, given := in.Flag("config-val")
	if file, named := in.Flag("config-file"); named {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, invalid("Invalid value for flag --config-file: %v", err)
		}
		value, given = strings.TrimSpace(string(content)), true
	}
	if given && !in.Has("key") {
		return alert("A key is missing: --key=<key> names the setting that gets the value."), nil
	}
	var changes []config.Change
	for _, o := range list {
		switch {
		case given:
			changes = append(changes, config.Change{Key: o.Key, Text: value})
		case o.changed:
			changes = append(changes, config.Change{Key: o.Key, Text: o.initial})
		}
	}
	if err := t.options.Settings.Set(changes...); err != nil {
		return nil, refuseSet(err)
	}
	return done, nil
}
