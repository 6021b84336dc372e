package httppub

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/plugin"
)

// Name of the plugin, which is also that of the HTTP module whose requests it answers.
const Name = "vmq_http_pub"

// Broker is what the plugin needs of the broker that it runs in. The methods are for any goroutine but a loop's, and end early with the error
// of ctx.
type Broker interface {
	// AskRegister asks auth_on_register about a client of MQTT 3.1.1, AskPublish auth_on_publish about its message. An error is a refusal.
	AskRegister(ctx context.Context, in *hook.Register) (*hook.RegisterMods, error)
	AskPublish(ctx context.Context, in *hook.Publish) (*hook.PublishMods, error)
	// Publish routes m in a mountpoint, and returns when it may be acknowledged. The error is a *codec.Error if m breaks the rules of MQTT;
	// after another one it is not certain whether m was published.
	Publish(ctx context.Context, mountpoint string, m *hook.Publish) error
}

// Settings are the plugin's part of the configuration, for one listener.
type Settings struct {
	// Predefined is vmq_http_pub.mqtt_auth.mode = predefined: messages come from the client that User, Password and ClientID say, whatever
	// the request says. A nil User or Password is absent.
	Predefined     bool
	User, Password *string
	ClientID       string
	// Mountpoint of the messages, unless a hook changes it.
	Mountpoint string
	// Anonymous is allow_anonymous: nobody is asked.
	Anonymous bool
	// MaxMessageSize is the largest payload in bytes; 0: no limit.
	MaxMessageSize int
}

// Options say how the plugin works.
type Options struct {
	Broker Broker
	// Settings in force at the listener of that name, such as http.default. Any goroutine.
	Settings func(listener string) Settings
	// Serve is told the plugin when it starts, so that requests can be passed to it, and nil before it stops.
	Serve func(*Plugin)
	// Logger receives what other plugins do wrong; nil: slog.Default.
	Logger *slog.Logger
}

// Kind describes the plugin to the manager. It has no hooks to show.
func Kind(o Options) plugin.Kind {
	return plugin.Kind{Name: Name, New: func() plugin.Instance { return New(o) }}
}

// Plugin publishes what HTTP requests bring. Its methods are for any goroutine but a loop's.
type Plugin struct {
	options Options
	life    context.Context // ends with Stop
	end     context.CancelFunc
	busy    sync.RWMutex // held shared by each request

	published, wrong, refused atomic.Uint64 // answers
}

var _ plugin.Instance = (*Plugin)(nil)

// New makes a plugin.
func New(o Options) *Plugin {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	p := &Plugin{options: o}
	p.life, p.end = context.WithCancel(context.Background())
	return p
}

// Start begins to serve.
func (p *Plugin) Start() error {
	p.options.Serve(p)
	return nil
}

// Stop returns when no request is being answered any more. Those that wait for another plugin or for the disk are given up.
func (p *Plugin) Stop() {
	p.options.Serve(nil)
	p.end()
	p.busy.Lock() // who comes later finds that its life has ended
	defer p.busy.Unlock()
}

// Counts are the requests since the plugin was started: those that published something, those that were not understood (400), and
// those that were not authenticated or not authorised (401, 403).
func (p *Plugin) Counts() (published, wrong, refused uint64) {
	return p.published.Load(), p.wrong.Load(), p.refused.Load()
}

// Refused counts a request that the listener has answered with 401.
func (p *Plugin) Refused() { p.count(http.StatusUnauthorized) }

func (p *Plugin) count(status int) {
	switch status {
	case http.StatusOK:
		p.published.Add(1)
	case http.StatusBadRequest:
		p.wrong.Add(1)
	case http.StatusUnauthorized, http.StatusForbidden:
		p.refused.Add(1)
	}
}
