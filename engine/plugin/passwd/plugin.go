package passwd

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/plugin"
	"github.com/vernemq/vmq/engine/plugin/textfile"
)

// Name of the plugin.
const Name = "vmq_passwd"

// Options say how the plugin works.
type Options struct {
	// Settings in force: vmq_passwd.password_file, made absolute, and vmq_passwd.password_reload_interval. Any goroutine.
	Settings func() textfile.Settings
	// Verifiers is how many costly hashes are verified at a time. 0: half as many as there are cores.
	Verifiers int
	// Logger receives what happens to the file; nil: slog.Default.
	Logger *slog.Logger
}

// Kind describes the plugin to the manager.
func Kind(o Options) plugin.Kind {
	return plugin.Kind{
		Name: Name,
		New:  func() plugin.Instance { return New(o) },
		Hooks: []plugin.Line{
			{Hook: "change_config", Call: "vmq_passwd:change_config/1", Internal: true},
			{Hook: string(hook.AuthOnRegisterName), Call: "vmq_passwd:auth_on_register/5"},
			{Hook: string(hook.AuthOnRegisterM5Name), Call: "vmq_passwd:auth_on_register_m5/6"},
		},
	}
}

// Plugin lets clients in whose user name and password are in a file. It knows nothing of clients without user name or password, and of users
// who are not in the file; the next plugin is asked about them.
type Plugin struct {
	options   Options
	users     atomic.Pointer[table] // of the file as it was when it was last right
	verifiers verifiers
	file      *textfile.Watch
}

var (
	_ plugin.Instance       = (*Plugin)(nil)
	_ hook.AuthOnRegister   = (*Plugin)(nil)
	_ hook.AuthOnRegisterM5 = (*Plugin)(nil)
	_ hook.OnConfigChange   = (*Plugin)(nil)
)

// New makes a plugin, which knows no users before Start.
func New(o Options) *Plugin {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	p := &Plugin{options: o, verifiers: newVerifiers(o.Verifiers)}
	p.users.Store(new(table))
	return p
}

// Start reads the file. If there is none, there are no users; a mistake in it is a plugin.FatalError.
func (p *Plugin) Start() error {
	var err error
	p.file, err = textfile.Open(textfile.Options{
		What: "password file", Settings: p.options.Settings, Load: p.load, Missing: func(string) {}, Quiet: true, Logger: p.options.Logger,
	})
	if err != nil {
		return &plugin.FatalError{Err: err}
	}
	return nil
}

// Stop ends the watching of the file.
func (p *Plugin) Stop() { p.file.Close() }

func (p *Plugin) load(text string) error {
	t, err := parse(text)
	if err != nil {
		return err
	}
	p.users.Store(t)
	p.options.Logger.Info("password file read", "users", len(t.hashes))
	return nil
}

// OnConfigChange reads the file again, whatever has changed, and returns when it has.
func (p *Plugin) OnConfigChange(context.Context, *hook.ConfigChange) error {
	p.file.Reload()
	return nil
}

// AuthOnRegister lets a client in, refuses it for a wrong password, or does not know it.
func (p *Plugin) AuthOnRegister(ctx context.Context, in *hook.Register) (*hook.RegisterMods, error) {
	if !in.Client.HasUsername || !in.HasPassword {
		return nil, hook.ErrNext
	}
	h, known := p.users.Load().find(in.Client.Username)
	if h == nil {
		return nil, hook.ErrNext
	}
	var right bool
	switch {
	case !h.Costly():
		right = h.Matches(in.Password)
	case ctx == hook.Loop:
		return nil, hook.ErrWait
	default:
		var err error
		if right, err = p.verifiers.matches(ctx, h, in.Password); err != nil {
			return nil, err
		}
	}
	switch {
	case !known:
		return nil, hook.ErrNext
	case !right:
		return nil, hook.ErrInvalidCredentials
	}
	return nil, nil
}

// AuthOnRegisterM5 answers as AuthOnRegister does.
func (p *Plugin) AuthOnRegisterM5(ctx context.Context, in *hook.Register) (*hook.RegisterMods, error) {
	return p.AuthOnRegister(ctx, in)
}
