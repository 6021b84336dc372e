package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Plugins is what switches plugins on and off. Any goroutine but a loop's.
type Plugins interface {
	// Show lists the plugins that run, in the order in which they are asked. Empty arguments choose all; internal shows hooks that are of
	// no interest to operators.
	Show(plugin, hook string, internal bool) []PluginRow
	// Enable and Disable take a name such as vmq_acl. The text of their errors begins or ends with a word by which scripts know the reason:
	// already_enabled, plugin_not_found.
	Enable(name string) error
	Disable(name string) error
	// Check refuses lists that name a plugin twice, or one that does not run.
	Check(names []string) error
}

// PluginRow is one plugin. Hooks and Calls have an entry for each of its hooks.
type PluginRow struct {
	Plugin, Type string
	Hooks, Calls []string
}

// ErrUnknownOrDisabled says that a plugin does not run.
var ErrUnknownOrDisabled = errors.New("unknown_or_disabled_plugin")

// internalPlugins are rows that the metadata store, the message store and the configuration had as plugins. Here they are parts of the broker.
var internalPlugins = []PluginRow{
	internalPlugin("vmq_swc", "application", "vmq_swc_plugin", "metadata_put/3", "metadata_get/2", "metadata_delete/2", "metadata_fold/3",
		"metadata_subscribe/1", "metadata_subscribe/2", "cluster_join/1", "cluster_leave/1", "cluster_members/0", "cluster_rename_member/2",
		"cluster_events_add_handler/2", "cluster_events_delete_handler/2", "cluster_events_call_handler/3"),
	internalPlugin("vmq_generic_msg_store", "application", "vmq_generic_msg_store", "msg_store_write/2", "msg_store_delete/2", "msg_store_find/2", "msg_store_read/2"),
	internalPlugin("vmq_config", "module", "vmq_config", "change_config/1"),
}

func internalPlugin(name, kind, module string, hooks ...string) PluginRow {
	r := PluginRow{Plugin: name, Type: kind}
	for _, h := range hooks {
		hook, _, _ := strings.Cut(h, "/")
		r.Hooks = append(r.Hooks, hook)
		r.Calls = append(r.Calls, module+":"+h)
	}
	return r
}

func (t *Commands) pluginCommands() []Command {
	change := []Flag{
		{Name: "name", Short: 'n', Value: "<plugin>", Help: "Name of the plugin, such as vmq_acl.", Check: isText},
		{Name: "path", Short: 'p', Value: "<directory>", Help: "Plugins are part of this broker, so there is nothing to load.", Check: isDir},
		{Name: "module", Short: 'm', Value: "<module>", Help: "Module plugins do not exist in this broker.", Check: isText},
		{Name: "function", Short: 'f', Value: "<function>", Check: isText},
		{Name: "arity", Short: 'a', Value: "<number>", Check: isNumber(0)},
		{Name: "hook", Value: "<hook>", Check: isText},
	}
	return []Command{
		{
			Path: "plugin show", Synopsis: "[--plugin=<plugin>] [--hook=<hook>] [--internal]", Summary: "Show the plugins that run",
			Help: "Shows the plugins that run, in the order in which they are asked, with their hooks.", AfterStop: true,
			Flags: []Flag{
				{Name: "plugin", Value: "<plugin>", Help: "Only this plugin.", Check: isText},
				{Name: "hook", Value: "<hook>", Help: "Only this hook.", Check: isText},
				{Name: "internal", Help: "Hooks and plugins of the broker itself, too."},
			},
			Do: t.showPlugins,
		},
		{
			Path: "plugin enable", Synopsis: "--name=<plugin>", Summary: "Enable a plugin",
			Help: "Starts a plugin, which is asked after all others, until the broker stops.", Flags: change,
			Do: t.changePlugin("enable", func(name string) error { return t.options.Plugins.Enable(name) }),
		},
		{
			Path: "plugin disable", Synopsis: "--name=<plugin>", Summary: "Disable a plugin",
			Help: "Stops a plugin, until the broker starts again.", Flags: change,
			Do: t.changePlugin("disable", func(name string) error { return t.options.Plugins.Disable(name) }),
		},
	}
}

func (t *Commands) showPlugins(_ context.Context, in *Input) (Result, error) {
	plugin, hook, internal := in.Text("plugin", ""), in.Text("hook", ""), in.Has("internal")
	var rows []PluginRow
	if internal {
		for _, r := range internalPlugins {
			if shown, some := r.with(plugin, hook); some {
				rows = append(rows, shown)
			}
		}
	}
	rows = append(rows, t.options.Plugins.Show(plugin, hook, internal)...)
	table := &Table{Columns: []string{"Plugin", "Type", "Hook(s)", "M:F/A"}}
	for _, r := range rows {
		table.add(r.Plugin, r.Type, lines(r.Hooks), lines(r.Calls))
	}
	return Result{table}, nil
}

// with is the row with only that hook, if any is named; some is false if nothing of it is to be shown.
func (r PluginRow) with(plugin, hook string) (shown PluginRow, some bool) {
	if plugin != "" && plugin != r.Plugin {
		return r, false
	}
	if hook == "" {
		return r, true
	}
	shown = PluginRow{Plugin: r.Plugin, Type: r.Type}
	for i, h := range r.Hooks { // which may have a call for each of several numbers of arguments
		if h == hook {
			shown.Hooks, shown.Calls = append(shown.Hooks, h), append(shown.Calls, r.Calls[i])
		}
	}
	return shown, shown.Hooks != nil
}

// lines is a cell with a line for each of list, the last of which ends, too.
func lines(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return strings.Join(list, "\n") + "\n"
}

func (t *Commands) changePlugin(verb string, do func(name string) error) func(context.Context, *Input) (Result, error) {
	return func(_ context.Context, in *Input) (Result, error) {
		name, given := in.Flag("name")
		switch {
		case in.Has("path"):
			return alert(fmt.Sprintf("Can't %s plugin: %s due to plugin_not_found: plugins are part of this broker, so no path can be given", verb, name)), nil
		case given:
		case in.Has("module") && in.Has("function") && in.Has("arity"):
			return alert(fmt.Sprintf("Can't %s plugin: module plugins do not exist in this broker", verb)), nil
		default:
			return alert("Incomplete plugin specification: --name=<plugin> names one"), nil
		}
		if err := do(name); err != nil {
			return alert(fmt.Sprintf("Can't %s plugin: %s due to %s", verb, name, reason(err))), nil
		}
		return done, nil
	}
}

// reason is what is wrong, without the words around it that say where.
func reason(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
