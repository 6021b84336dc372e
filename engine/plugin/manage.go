package plugin

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"github.com/vernemq/vmq/engine/hook"
)

// Options say which plugins there are and which of them run.
type Options struct {
	// Kinds are all that can be switched on.
	Kinds []Kind
	// On are those that the configuration switches on.
	On []Choice
	// Install puts chains in force and returns when nobody calls older ones any more: engine.Broker.SetHooks.
	Install func(*hook.Set)
	// Logger receives what happens to plugins; nil: slog.Default.
	Logger *slog.Logger
}

// Manager runs plugins. Its methods are for any goroutine but a loop's: most of them wait for the loops.
type Manager struct {
	options Options

	mu struct {
		sync.Mutex
		running []running // in the order in which they are asked
		set     *hook.Set // their chains, in force
	}
}

type running struct {
	kind     *Kind
	instance Instance
}

// New makes a manager. Nothing runs before Start.
func New(o Options) *Manager {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	m := &Manager{options: o}
	m.mu.set = hook.New()
	return m
}

// Start starts the plugins that the configuration switches on, in order, and puts their hooks in force: from then on publishing and
// subscribing is open to nobody whom no plugin allows it. A plugin that cannot start is left out with a warning, unless its error is a
// FatalError: then nothing runs, and Start returns it.
func (m *Manager) Start() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range inOrder(m.options.On) {
		err := m.startLocked(c.Name)
		var fatal *FatalError
		switch {
		case errors.As(err, &fatal):
			m.stopLocked()
			return err
		case err != nil:
			m.options.Logger.Warn("plugin not started", "plugin", c.Name, "reason", err)
		}
	}
	m.installLocked()
	return nil
}

// Stop stops the plugins, the last one first. Their hooks stay in force: whoever still asks is answered by what they knew last, and not let in
// because nobody is there to ask.
func (m *Manager) Stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopLocked()
}

func (m *Manager) stopLocked() {
	for _, r := range slices.Backward(m.mu.running) {
		r.instance.Stop()
	}
	m.mu.running = nil
}

// Enable starts a plugin, which is asked after all others. The error wraps ErrAlreadyEnabled, ErrNotFound, or what Start said.
func (m *Manager) Enable(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.startLocked(name); err != nil {
		return err
	}
	m.installLocked()
	m.options.Logger.Info("plugin enabled", "plugin", name)
	return nil
}

// Disable takes a plugin's hooks out of all chains, and then stops it. The error wraps ErrNotFound.
func (m *Manager) Disable(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.findLocked(name)
	if i < 0 {
		return named(name, ErrNotFound)
	}
	r := m.mu.running[i]
	m.mu.running = slices.Delete(m.mu.running, i, i+1)
	m.installLocked()
	r.instance.Stop()
	m.options.Logger.Info("plugin disabled", "plugin", name)
	return nil
}

// Check says what is wrong with the list of plugins of a listener: ErrUnknownOrDisabled or ErrDuplicate, wrapped with the name, or nil.
func (m *Manager) Check(names []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, name := range names {
		switch {
		case slices.Contains(names[:i], name):
			return named(name, ErrDuplicate)
		case m.findLocked(name) < 0:
			return named(name, ErrUnknownOrDisabled)
		}
	}
	return nil
}

// ConfigChanged tells plugins which keys have new values, and returns when they have taken them over.
func (m *Manager) ConfigChanged(ctx context.Context, values map[string]string) {
	m.mu.Lock()
	chain := m.mu.set.OnConfigChange
	m.mu.Unlock()
	change := &hook.ConfigChange{Values: values}
	for i := range chain {
		if err := hook.Tell(ctx, &chain[i], change, hook.OnConfigChange.OnConfigChange); err != nil {
			m.options.Logger.Error("a plugin did not take over the new configuration", "plugin", chain[i].Plugin, "reason", err)
		}
	}
}

func (m *Manager) startLocked(name string) error {
	if m.findLocked(name) >= 0 {
		return named(name, ErrAlreadyEnabled)
	}
	i := slices.IndexFunc(m.options.Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return named(name, ErrNotFound)
	}
	kind := &m.options.Kinds[i]
	instance := kind.New()
	if err := instance.Start(); err != nil {
		return named(name, err)
	}
	m.mu.running = append(m.mu.running, running{kind, instance})
	return nil
}

func (m *Manager) findLocked(name string) int {
	return slices.IndexFunc(m.mu.running, func(r running) bool { return r.kind.Name == name })
}

func (m *Manager) installLocked() {
	all := make([]hook.Plugin, len(m.mu.running))
	for i, r := range m.mu.running {
		all[i] = hook.Plugin{Name: r.kind.Name, Impl: r.instance}
	}
	m.mu.set = hook.New(all...)
	m.options.Install(m.mu.set)
}
