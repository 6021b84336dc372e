package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/trace"
)

// TestTrace follows a trace of a broker that runs, from its first line to the end, with one more that is refused meanwhile.
func TestTrace(t *testing.T) {
	b, err := engine.New(engine.Options{Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	o := trace.Defaults()
	o.ClientID = "cl"
	first, over := make(chan string, 10), make(chan error)
	go func() { over <- b.Trace(t.Context(), o, func(line string) { first <- line }) }()
	if line := <-first; line != `No sessions found for client "cl"` {
		t.Errorf("the first line is %q", line)
	}
	if err := b.Trace(t.Context(), o, nil); !errors.Is(err, trace.ErrRunning) {
		t.Errorf("a second trace: %v", err)
	}
	b.StopTraces()
	if err := <-over; err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := b.Trace(ctx, o, func(string) { cancel() }); err != nil {
		t.Errorf("a trace whose reader goes away: %v", err)
	}
	b.Stop(t.Context())
	if err := b.Trace(t.Context(), o, nil); !errors.Is(err, engine.ErrStopped) {
		t.Errorf("after the end: %v", err)
	}
}
