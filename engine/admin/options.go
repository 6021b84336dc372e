package admin

import (
	"context"
	"log/slog"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine"
)

// Options are the parts of a node that commands act on. A part that is nil is not there, and neither are its commands.
type Options struct {
	// Broker returns the broker while it runs, and nil behind `node stop`. It is called for each command.
	Broker func() *engine.Broker
	// NodeName is the name of the node, Version that of the program.
	NodeName, Version string
	// Logger is told how commands go that take long. nil: nobody is.
	Logger *slog.Logger
	// Settings are the configuration that can be seen and changed.
	Settings Settings
	// Keys are the API keys.
	Keys *Keys
	// Plugins switches plugins on and off.
	Plugins Plugins
	// Reauthorize asks plugins again about the subscriptions of a client, and says whether any has ended or was replaced. nil: there are
	// no plugins to ask, so nothing changes.
	Reauthorize func(ctx context.Context, mountpoint, clientID string) (changed bool, err error)
	// StartWeb starts a listener of kind http, which the broker knows from then on. nil: there are none.
	StartWeb func(WebListener) error
	// Logs are the targets of the log.
	Logs Logs
	// Trace shows what a client and the broker say to each other, line by line, until ctx is done, StopTraces is called or more happens
	// than the options allow. nil: nobody can be traced.
	Trace      func(ctx context.Context, o TraceOptions, line func(string)) error
	StopTraces func()
	// Start and Stop start and stop the broker in a process that goes on.
	Start, Stop func(ctx context.Context) error
}

// Settings is the configuration of a running node. Any goroutine.
type Settings interface {
	// Set changes all of the keys or none. The error is a *config.SetError.
	Set(changes ...config.Change) error
	// Get is the text of a key's value; found is false if it has none.
	Get(key string) (text string, found bool)
	// Effective are the keys that have a value, sorted, and Initial is the text that Get returned when the node started.
	Effective() []config.Entry
	Initial(key string) (text string, found bool)
}

func (o *Options) log(what string, args ...any) {
	if o.Logger != nil {
		o.Logger.Info(what, args...)
	}
}

// broker is the running broker, or nil.
func (t *Commands) broker() *engine.Broker {
	if t.options.Broker == nil {
		return nil
	}
	return t.options.Broker()
}
