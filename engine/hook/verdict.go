package hook

import (
	"context"
	"errors"

	"github.com/vernemq/vmq/codec"
)

var (
	// ErrNext is the answer of a plugin that does not decide: the next one is asked.
	ErrNext = errors.New("next")
	// ErrWait is the answer of a plugin that was called on a loop and would have to wait. It is called again on a worker.
	ErrWait = errors.New("wait")

	// ErrInvalidCredentials is the one reason for which a client of MQTT 3 gets CONNACK 4 (bad user name or password) and not 5.
	ErrInvalidCredentials = errors.New("invalid_credentials")

	// ErrNoPlugin is the result of a conditional hook that no plugin implements.
	ErrNoPlugin = errors.New("no_matching_hook_found")
	// ErrExhausted is the result of a conditional hook if every plugin said ErrNext.
	ErrExhausted = errors.New("plugin_chain_exhausted")
)

// Denial is a refusal with what an MQTT 5 client is told about it.
type Denial struct {
	// Code for the answer. 0: the one that the hook has for refusals without a code.
	Code codec.ReasonCode
	// Reason is for the log, and for the client too if it is MQTT 5: the Reason String.
	Reason string
	// ServerReference tells the client of auth_on_register_m5 where to go.
	ServerReference string
}

func (d *Denial) Error() string {
	if d.Reason != "" {
		return d.Reason
	}
	return d.Code.String()
}

// Loop is the context of calls on an event loop, where nothing may wait. Compare with ==.
var Loop context.Context = loopContext{context.Background()}

type loopContext struct{ context.Context }
