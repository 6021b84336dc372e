package plugin

import (
	"errors"
	"fmt"
)

// Instance is a plugin that runs. It implements hooks of package hook besides.
type Instance interface {
	// Start makes the plugin ready to be asked. It may take its time. After an error the plugin is not used, and Stop not called.
	Start() error
	// Stop ends what Start began, and waits for it. No new call of a hook comes any more, but one may still be running on a worker.
	Stop()
}

// Kind is a plugin that can be switched on.
type Kind struct {
	// Name is what operators call it, such as vmq_acl.
	Name string
	// New makes an instance. It is called each time the plugin is switched on.
	New func() Instance
	// Hooks are what `vmq-admin plugin show` prints about it, in this order.
	Hooks []Line
}

// Line is one hook of a plugin as it is shown. Scripts parse the lines, so they name functions as VerneMQ does, which has them in
// Erlang; the hooks that are called are those that the instance implements.
type Line struct {
	// Hook is its name, such as auth_on_publish.
	Hook string
	// Call is module, function and number of arguments, such as vmq_acl:auth_on_publish/6.
	Call string
	// Internal lines are shown on request only.
	Internal bool
}

// FatalError is what Start returns if the broker must not come up, rather than run without the plugin: its files say something about who may
// come in, and are wrong. A plugin that is switched on while the broker runs just stays off.
type FatalError struct{ Err error }

func (e *FatalError) Error() string { return e.Err.Error() }

func (e *FatalError) Unwrap() error { return e.Err }

// Why a plugin is not switched on or off, or a list of plugins is no good, in the words of `vmq-admin`.
var (
	ErrAlreadyEnabled    = errors.New("already_enabled")
	ErrNotFound          = errors.New("plugin_not_found")
	ErrUnknownOrDisabled = errors.New("unknown_or_disabled_plugin")
	ErrDuplicate         = errors.New("duplicate_plugin")
)

// named adds the name of the plugin.
func named(name string, err error) error { return fmt.Errorf("plugin %s: %w", name, err) }
