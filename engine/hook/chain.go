package hook

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Panicked is the refusal of a plugin that panicked. Stack is where.
type Panicked struct {
	Plugin string
	Value  any
	Stack  []byte
}

func (p *Panicked) Error() string { return fmt.Sprintf("plugin %s panicked: %v", p.Plugin, p.Value) }

// Ask calls the plugins of a conditional hook in order until one decides. It returns the decision, and the number of the entry that
// made it: after ErrWait, asking goes on with entries[at:] on a worker. call is the method of H.
func Ask[H, A, R any](ctx context.Context, entries []Entry[H], arg A, call func(H, context.Context, A) (R, error)) (result R, at int, err error) {
	for i := range entries {
		if result, err = guard(ctx, &entries[i], arg, call); err != ErrNext {
			return result, i, err
		}
	}
	if len(entries) == 0 {
		return result, 0, ErrNoPlugin
	}
	return result, len(entries) - 1, ErrExhausted
}

// Tell calls the plugin of an event hook. The error is ErrWait, or a *Panicked, or what the plugin returned, which nobody needs to heed.
func Tell[H, A any](ctx context.Context, e *Entry[H], arg A, call func(H, context.Context, A) error) error {
	_, err := guard(ctx, e, arg, func(h H, ctx context.Context, arg A) (struct{}, error) { return struct{}{}, call(h, ctx, arg) })
	return err
}

// guard turns a panic of the plugin into an error.
func guard[H, A, R any](ctx context.Context, e *Entry[H], arg A, call func(H, context.Context, A) (R, error)) (result R, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panicked{e.Plugin, v, debug.Stack()}
		}
	}()
	result, err = call(e.Hook, ctx, arg)
	if err == ErrWait && ctx != Loop {
		err = errors.New("plugin " + e.Plugin + " wants to wait on a worker, where it may simply do so")
	}
	return result, err
}
