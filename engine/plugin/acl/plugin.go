package acl

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/plugin"
	"github.com/vernemq/vmq/engine/plugin/textfile"
)

// Name of the plugin.
const Name = "vmq_acl"

// Settings are the plugin's part of the configuration.
type Settings struct {
	// File is vmq_acl.acl_file, made absolute, with vmq_acl.acl_reload_interval.
	File textfile.Settings
	// Shipped puts the rules of the file that ships in force, which grant everything, if the file is missing at start. It is for
	// a file that nobody has named: with a missing file that somebody has named, nobody may do anything.
	Shipped bool
	// MaxDepth is topic_max_depth, the most levels that the filter of a rule may have. 0: no limit.
	MaxDepth int
	// Lax is vmq_acl.strict_wildcards = off: a '+' of a rule covers a '#' of a subscription, as in VerneMQ.
	Lax bool
	// KeepSubscriptions is vmq_acl.cancel_subscriptions = off: a subscription lives on when its rule goes, as in VerneMQ.
	KeepSubscriptions bool
}

// Options say how the plugin works.
type Options struct {
	// Settings in force. Any goroutine.
	Settings func() Settings
	// Reauthorize ends the subscriptions that suspect tells of and that no plugin allows any more, and returns how many there were:
	// engine.Broker.Reauthorize. nil: nobody can. suspect is called on loops.
	Reauthorize func(ctx context.Context, suspect func(who *hook.Identity, filter string) bool) (ended int, err error)
	// Logger receives what happens to the file; nil: slog.Default.
	Logger *slog.Logger
}

// Kind describes the plugin to the manager.
func Kind(o Options) plugin.Kind {
	return plugin.Kind{
		Name: Name,
		New:  func() plugin.Instance { return New(o) },
		Hooks: []plugin.Line{
			{Hook: "change_config", Call: "vmq_acl:change_config/1", Internal: true},
			{Hook: string(hook.AuthOnPublishName), Call: "vmq_acl:auth_on_publish/6"},
			{Hook: string(hook.AuthOnSubscribeName), Call: "vmq_acl:auth_on_subscribe/3"},
			{Hook: string(hook.AuthOnPublishM5Name), Call: "vmq_acl:auth_on_publish_m5/7"},
			{Hook: string(hook.AuthOnSubscribeM5Name), Call: "vmq_acl:auth_on_subscribe_m5/4"},
		},
	}
}

// Plugin allows what the rules of a file grant, and knows nothing of the rest: the next plugin is asked about it.
type Plugin struct {
	options Options
	now     atomic.Pointer[policy]
	version atomic.Uint64 // of what is in now
	file    *textfile.Watch
	revoker
}

// policy is what decides: the rules of the file as it was when it was last right, and how they are read.
type policy struct {
	rules *rules
	lax   bool
}

// allow asks the policy. It allocates nothing.
func (p *policy) allow(who *hook.Identity, right right, levels []byte) bool {
	q := request{who: who, right: right, lax: p.lax}
	return p.rules.allow(&q, levels)
}

var (
	_ plugin.Instance        = (*Plugin)(nil)
	_ hook.MayPublish        = (*Plugin)(nil)
	_ hook.AuthOnPublish     = (*Plugin)(nil)
	_ hook.AuthOnPublishM5   = (*Plugin)(nil)
	_ hook.AuthOnSubscribe   = (*Plugin)(nil)
	_ hook.AuthOnSubscribeM5 = (*Plugin)(nil)
	_ hook.OnConfigChange    = (*Plugin)(nil)
)

// New makes a plugin, which grants nothing before Start.
func New(o Options) *Plugin {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	p := &Plugin{options: o}
	p.put(&policy{rules: new(rules)})
	return p
}

// put puts a policy in force.
func (p *Plugin) put(next *policy) {
	p.now.Store(next)
	p.version.Add(1) // afterwards: whoever sees the new number must not get an answer by the old rules
}

// Start reads the file. A mistake in it, or a file that cannot be read, is a plugin.FatalError.
func (p *Plugin) Start() error {
	p.revoker.start()
	var err error
	p.file, err = textfile.Open(textfile.Options{
		What: "ACL file", Settings: func() textfile.Settings { return p.options.Settings().File },
		Load: p.load, Missing: p.missing, Logger: p.options.Logger,
	})
	if err != nil {
		return &plugin.FatalError{Err: err}
	}
	return nil
}

// Stop ends the watching of the file.
func (p *Plugin) Stop() {
	p.revoker.stop()
	p.file.Close()
}

// shipped is the file that ships.
const shipped = "topic #\n"

// missing is for a file that is not there at start.
func (p *Plugin) missing(path string) {
	set := p.options.Settings()
	if !set.Shipped {
		p.options.Logger.Error("the ACL file is missing, so nobody may publish or subscribe", "file", path)
		return
	}
	p.options.Logger.Warn("there is no ACL file, so every client that is let in may publish and subscribe to everything, "+
		"as with the file that ships", "file", path)
	r, err := parse(shipped, 0, nil)
	if err != nil {
		panic(err) // a constant
	}
	p.put(&policy{rules: r, lax: set.Lax})
}

// load puts the rules of a file in force.
func (p *Plugin) load(text string) error {
	set := p.options.Settings()
	r, err := parse(text, set.MaxDepth, func(line int, filter string, why error) {
		p.options.Logger.Warn("a rule is left out", "file", set.File.Path, "line", line, "filter", filter, "reason", why)
	})
	if err != nil {
		return err
	}
	p.options.Logger.Info("ACL file read", "users", len(r.users))
	p.change(func(*policy) *policy { return &policy{rules: r, lax: set.Lax} })
	return nil
}

// OnConfigChange reads the file again, whatever has changed, and returns when it has.
func (p *Plugin) OnConfigChange(context.Context, *hook.ConfigChange) error {
	p.file.Reload()
	if lax := p.options.Settings().Lax; lax != p.now.Load().lax {
		p.change(func(now *policy) *policy { return &policy{rules: now.rules, lax: lax} })
	}
	return nil
}

// MayPublish tells whether a rule allows it.
func (p *Plugin) MayPublish(who *hook.Identity, topic []byte) bool {
	return p.now.Load().allow(who, write, topic)
}

// RulesVersion changes with each policy.
func (p *Plugin) RulesVersion() *atomic.Uint64 { return &p.version }

// AuthOnPublish allows a topic, or does not know it.
func (p *Plugin) AuthOnPublish(_ context.Context, in *hook.Publish) (*hook.PublishMods, error) {
	if p.MayPublish(in.Client, in.Topic) {
		return nil, nil
	}
	return nil, hook.ErrNext
}

// AuthOnPublishM5 answers as AuthOnPublish does.
func (p *Plugin) AuthOnPublishM5(ctx context.Context, in *hook.Publish) (*hook.PublishMods, error) {
	return p.AuthOnPublish(ctx, in)
}

// AuthOnSubscribe allows all filters of a packet, or knows none of them.
func (p *Plugin) AuthOnSubscribe(_ context.Context, in *hook.Subscribe) (*hook.SubscribeMods, error) {
	now := p.now.Load()
	for i := range in.Subscriptions {
		if !now.allow(in.Client, read, []byte(in.Subscriptions[i].Filter)) {
			return nil, hook.ErrNext
		}
	}
	return nil, nil
}

// AuthOnSubscribeM5 answers as AuthOnSubscribe does.
func (p *Plugin) AuthOnSubscribeM5(ctx context.Context, in *hook.Subscribe) (*hook.SubscribeMods, error) {
	return p.AuthOnSubscribe(ctx, in)
}
