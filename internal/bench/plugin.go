package bench

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
)

// Plugin implements every hook. It notes each call as a line, and answers what the test says: by default it agrees with everything.
// Answers may be called on any goroutine.
type Plugin struct {
	// Register, Auth, Publish, Subscribe, Unsubscribe and Deliver answer the conditional hooks, those of MQTT 3 and 5 alike; nil: yes.
	Register    func(context.Context, *hook.Register) (*hook.RegisterMods, error)
	Auth        func(context.Context, *hook.Auth) (*hook.AuthResult, error)
	Publish     func(context.Context, *hook.Publish) (*hook.PublishMods, error)
	Subscribe   func(context.Context, *hook.Subscribe) (*hook.SubscribeMods, error)
	Unsubscribe func(context.Context, *hook.Unsubscribe) (*hook.UnsubscribeMods, error)
	Deliver     func(context.Context, *hook.Deliver) (*hook.DeliverMods, error)
	// Event answers all event hooks; nil: nothing to say.
	Event func(context.Context, hook.Name) error

	mu    sync.Mutex
	calls []string
}

// Use puts plugins in force.
func (b *Bench) Use(plugins ...*Plugin) {
	var all []hook.Plugin
	for i, p := range plugins {
		all = append(all, hook.Plugin{Name: fmt.Sprint("plugin", i+1), Impl: p})
	}
	b.Broker.SetHooks(hook.New(all...))
	b.Fake.Run()
}

// Settle runs loops and workers until both have nothing to do.
func (b *Bench) Settle() {
	b.t.Helper()
	for range 10 {
		b.Fake.Run()
		if err := b.Broker.Workers().Wait(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
	}
	b.Fake.Run()
}

// Calls returns what the plugin was called for since the last look, without calls that it answered with ErrWait.
func (p *Plugin) Calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	calls := p.calls
	p.calls = nil
	return calls
}

func note[R any](p *Plugin, result R, err error, name hook.Name, id hook.SubscriberID, format string, args ...any) (R, error) {
	if err == hook.ErrWait {
		return result, err
	}
	line := string(name) + " " + id.ClientID
	if id.Mountpoint != "" {
		line += "@" + id.Mountpoint
	}
	if rest := fmt.Sprintf(format, args...); rest != "" {
		line += " " + rest
	}
	p.mu.Lock()
	p.calls = append(p.calls, line)
	p.mu.Unlock()
	return result, err
}

func call[A, R any](f func(context.Context, A) (R, error), ctx context.Context, in A) (r R, err error) {
	if f == nil {
		return r, nil
	}
	return f(ctx, in)
}

func (p *Plugin) event(ctx context.Context, name hook.Name, id hook.SubscriberID, format string, args ...any) error {
	var err error
	if p.Event != nil {
		err = p.Event(ctx, name)
	}
	_, err = note(p, struct{}{}, err, name, id, format, args...)
	return err
}

func propsText(p *codec.Properties) string {
	if p == nil || p.Empty() {
		return ""
	}
	return " " + p.String()
}

func (p *Plugin) register(ctx context.Context, name hook.Name, in *hook.Register) (*hook.RegisterMods, error) {
	mods, err := call(p.Register, ctx, in)
	user := "nobody"
	if in.Client.HasUsername {
		user = in.Client.Username
	}
	return note(p, mods, err, name, in.Client.SubscriberID, "user=%s password=%s clean=%t%s", user, string(in.Password), in.CleanStart, propsText(in.Props))
}

func (p *Plugin) publish(ctx context.Context, name hook.Name, in *hook.Publish) (*hook.PublishMods, error) {
	mods, err := call(p.Publish, ctx, in)
	return note(p, mods, err, name, in.Client.SubscriberID, "%s", publishText(in))
}

func publishText(in *hook.Publish) string {
	return fmt.Sprintf("%s %q qos=%d retain=%t%s", in.Topic, in.Payload, in.QoS, in.Retain, propsText(in.Props))
}

func (p *Plugin) deliver(ctx context.Context, name hook.Name, in *hook.Deliver) (*hook.DeliverMods, error) {
	mods, err := call(p.Deliver, ctx, in)
	return note(p, mods, err, name, in.Client.SubscriberID, "%s %q qos=%d retain=%t%s", in.Topic, in.Payload, in.QoS, in.Retain, propsText(in.Props))
}

func subscriptionsText(subs []hook.Subscription) string {
	var b strings.Builder
	for i, s := range subs {
		if i > 0 {
			b.WriteString(" ")
		}
		fmt.Fprintf(&b, "%s:%d", s.Filter, s.QoS)
	}
	return b.String()
}

func (p *Plugin) subscribe(ctx context.Context, name hook.Name, in *hook.Subscribe) (*hook.SubscribeMods, error) {
	mods, err := call(p.Subscribe, ctx, in)
	return note(p, mods, err, name, in.Client.SubscriberID, "%s%s", subscriptionsText(in.Subscriptions), propsText(in.Props))
}

func (p *Plugin) unsubscribe(ctx context.Context, name hook.Name, in *hook.Unsubscribe) (*hook.UnsubscribeMods, error) {
	mods, err := call(p.Unsubscribe, ctx, in)
	return note(p, mods, err, name, in.Client.SubscriberID, "%s%s", strings.Join(in.Filters, " "), propsText(in.Props))
}

// The hooks.

func (p *Plugin) AuthOnRegister(ctx context.Context, in *hook.Register) (*hook.RegisterMods, error) {
	return p.register(ctx, hook.AuthOnRegisterName, in)
}

func (p *Plugin) AuthOnRegisterM5(ctx context.Context, in *hook.Register) (*hook.RegisterMods, error) {
	return p.register(ctx, hook.AuthOnRegisterM5Name, in)
}

func (p *Plugin) OnAuthM5(ctx context.Context, in *hook.Auth) (*hook.AuthResult, error) {
	result, err := call(p.Auth, ctx, in)
	return note(p, result, err, hook.OnAuthM5Name, in.Client.SubscriberID, "code=0x%02x method=%s data=%s", byte(in.Code), in.Method, in.Data)
}

func (p *Plugin) AuthOnPublish(ctx context.Context, in *hook.Publish) (*hook.PublishMods, error) {
	return p.publish(ctx, hook.AuthOnPublishName, in)
}

func (p *Plugin) AuthOnPublishM5(ctx context.Context, in *hook.Publish) (*hook.PublishMods, error) {
	return p.publish(ctx, hook.AuthOnPublishM5Name, in)
}

func (p *Plugin) AuthOnSubscribe(ctx context.Context, in *hook.Subscribe) (*hook.SubscribeMods, error) {
	return p.subscribe(ctx, hook.AuthOnSubscribeName, in)
}

func (p *Plugin) AuthOnSubscribeM5(ctx context.Context, in *hook.Subscribe) (*hook.SubscribeMods, error) {
	return p.subscribe(ctx, hook.AuthOnSubscribeM5Name, in)
}

func (p *Plugin) OnUnsubscribe(ctx context.Context, in *hook.Unsubscribe) (*hook.UnsubscribeMods, error) {
	return p.unsubscribe(ctx, hook.OnUnsubscribeName, in)
}

func (p *Plugin) OnUnsubscribeM5(ctx context.Context, in *hook.Unsubscribe) (*hook.UnsubscribeMods, error) {
	return p.unsubscribe(ctx, hook.OnUnsubscribeM5Name, in)
}

func (p *Plugin) OnDeliver(ctx context.Context, in *hook.Deliver) (*hook.DeliverMods, error) {
	return p.deliver(ctx, hook.OnDeliverName, in)
}

func (p *Plugin) OnDeliverM5(ctx context.Context, in *hook.Deliver) (*hook.DeliverMods, error) {
	return p.deliver(ctx, hook.OnDeliverM5Name, in)
}

func (p *Plugin) OnRegister(ctx context.Context, in *hook.Registered) error {
	return p.event(ctx, hook.OnRegisterName, in.Client.SubscriberID, "%s", "")
}

func (p *Plugin) OnRegisterM5(ctx context.Context, in *hook.Registered) error {
	return p.event(ctx, hook.OnRegisterM5Name, in.Client.SubscriberID, "%s", strings.TrimSpace(propsText(in.Props)))
}

func (p *Plugin) OnPublish(ctx context.Context, in *hook.Publish) error {
	return p.event(ctx, hook.OnPublishName, in.Client.SubscriberID, "%s", publishText(in))
}

func (p *Plugin) OnPublishM5(ctx context.Context, in *hook.Publish) error {
	return p.event(ctx, hook.OnPublishM5Name, in.Client.SubscriberID, "%s", publishText(in))
}

func (p *Plugin) OnSubscribe(ctx context.Context, in *hook.Subscribe) error {
	return p.event(ctx, hook.OnSubscribeName, in.Client.SubscriberID, "%s", subscriptionsText(in.Subscriptions))
}

func (p *Plugin) OnSubscribeM5(ctx context.Context, in *hook.Subscribe) error {
	return p.event(ctx, hook.OnSubscribeM5Name, in.Client.SubscriberID, "%s", subscriptionsText(in.Subscriptions))
}

func (p *Plugin) OnOfflineMessage(ctx context.Context, in *hook.Message) error {
	return p.event(ctx, hook.OnOfflineMessageName, in.SubscriberID, "%s %q qos=%d retain=%t", in.Topic, in.Payload, in.QoS, in.Retain)
}

func (p *Plugin) OnMessageDrop(ctx context.Context, in *hook.Message) error {
	return p.event(ctx, hook.OnMessageDropName, in.SubscriberID, "%s %q qos=%d %s", in.Topic, in.Payload, in.QoS, in.Cause)
}

func (p *Plugin) OnClientWakeup(ctx context.Context, in *hook.Client) error {
	return p.event(ctx, hook.OnClientWakeupName, in.SubscriberID, "%s", "")
}

func (p *Plugin) OnClientOffline(ctx context.Context, in *hook.Client) error {
	return p.event(ctx, hook.OnClientOfflineName, in.SubscriberID, "%s", "")
}

func (p *Plugin) OnClientGone(ctx context.Context, in *hook.Client) error {
	return p.event(ctx, hook.OnClientGoneName, in.SubscriberID, "%s", "")
}

func (p *Plugin) OnSessionExpired(ctx context.Context, in *hook.Client) error {
	return p.event(ctx, hook.OnSessionExpiredName, in.SubscriberID, "%s", "")
}

func (p *Plugin) OnTopicUnsubscribed(ctx context.Context, in *hook.TopicsUnsubscribed) error {
	topics := strings.Join(in.Filters, " ")
	if in.All {
		topics = "(all)"
	}
	return p.event(ctx, hook.OnTopicUnsubscribedName, in.SubscriberID, "%s", topics)
}

func (p *Plugin) OnConfigChange(ctx context.Context, in *hook.ConfigChange) error {
	return p.event(ctx, hook.OnConfigChangeName, hook.SubscriberID{}, "%v", in.Values)
}
