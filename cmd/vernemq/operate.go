package main

import (
	"context"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/admin"
	"github.com/vernemq/vmq/engine/plugin"
	"github.com/vernemq/vmq/engine/trace"
	"github.com/vernemq/vmq/internal/logging"
)

// How the parts of this process look to the commands of operators. While the broker is stopped there are no plugins and nobody to trace.

type operatedPlugins struct{ *node }

func (p operatedPlugins) manager() *plugin.Manager { return p.node.plugins.Load() }

func (p operatedPlugins) Show(name, hook string, internal bool) []admin.PluginRow {
	m := p.manager()
	if m == nil {
		return nil
	}
	var rows []admin.PluginRow
	for _, r := range m.Show(plugin.Query{Plugin: name, Hook: hook, Internal: internal}) {
		rows = append(rows, admin.PluginRow(r))
	}
	return rows
}

func (p operatedPlugins) Enable(name string) error {
	if m := p.manager(); m != nil {
		return m.Enable(name)
	}
	return engine.ErrStopped
}

func (p operatedPlugins) Disable(name string) error {
	if m := p.manager(); m != nil {
		return m.Disable(name)
	}
	return engine.ErrStopped
}

func (p operatedPlugins) Check(names []string) error {
	if m := p.manager(); m != nil {
		return m.Check(names)
	}
	return engine.ErrStopped
}

// reauthorize asks the plugins again about the subscriptions of a client.
func (n *node) reauthorize(ctx context.Context, mountpoint, clientID string) (changed bool, err error) {
	b := n.running.Load()
	if b == nil {
		return false, engine.ErrStopped
	}
	return b.ReauthorizeClient(ctx, mountpoint, clientID)
}

// trace shows what a client and the broker say to each other.
func (n *node) trace(ctx context.Context, o admin.TraceOptions, line func(string)) error {
	b := n.running.Load()
	if b == nil {
		return engine.ErrStopped
	}
	return b.Trace(ctx, trace.Options(o), line)
}

func (n *node) stopTraces() {
	if b := n.running.Load(); b != nil {
		b.StopTraces()
	}
}

type operatedLogs struct{ *logging.Logs }

func (l operatedLogs) Targets() []admin.LogTarget {
	var all []admin.LogTarget
	for _, t := range l.Logs.Targets() {
		all = append(all, admin.LogTarget(t))
	}
	return all
}
