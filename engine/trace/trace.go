// Package trace shows an operator what one client and the broker say to each other: each packet, each question to a plugin and
// its answer, as text. The engine puts a Trace in force on its loops (engine.Broker.Trace); the sessions tell it what happens
// through the interface session.Tracer, which they check for nil and nothing more while nobody is traced.
//
//	trace.go    a Trace: whom it watches, how much it takes, how its lines reach the operator
//	event.go    the line that every event begins with
//	packet.go   packets as text; text.go payloads, properties and codes
//	plugin.go   questions to plugins and their answers
package trace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/session"
)

// Options say whom to trace and how much of it to show.
type Options struct {
	// ClientID and Mountpoint name the client, connected or not. The empty Mountpoint is the default one.
	ClientID, Mountpoint string
	// RateMax events within RateInterval are shown; one more ends the trace, because a terminal cannot follow and the loop of the
	// client has other clients. Negative: no limit.
	RateMax      int
	RateInterval time.Duration
	// TruncPayload is how many bytes of a payload are shown. Negative: all.
	TruncPayload int
}

// Defaults are the options of `vmq-admin trace client`, for no client yet.
func Defaults() Options {
	return Options{RateMax: 10, RateInterval: 100 * time.Millisecond, TruncPayload: 200}
}

// ErrRunning refuses a second trace on a node.
var ErrRunning = errors.New("a trace is running already")

// pendingMax is how many lines may wait for the reader of a trace: the most that the usual rate limit lets through in a few
// seconds, with some lines each. A trace without limit loses what is beyond.
const pendingMax = 4096

// Trace watches one client. It implements session.Tracer; the other methods are for any goroutine.
type Trace struct {
	options Options
	now     func() time.Time
	bell    chan struct{} // has a value when there is something for Follow

	mu struct {
		sync.Mutex
		pending []string
		lost    int       // lines that found pending full
		since   time.Time // beginning of the interval that events are counted in
		events  int       // in it
		over    bool
	}
}

var _ session.Tracer = (*Trace)(nil)

// New makes a trace that nobody has put in force yet.
func New(o Options) *Trace {
	return &Trace{options: o, now: time.Now, bell: make(chan struct{}, 1)}
}

// Follow hands each line of the trace to out, without its line break, until the trace is over or ctx is done; what was said before
// the end is handed over in either case. One call at a time.
func (t *Trace) Follow(ctx context.Context, out func(line string)) {
	for {
		lines, over := t.take()
		for _, l := range lines {
			out(l)
		}
		if over {
			return
		}
		select {
		case <-t.bell:
		case <-ctx.Done():
			t.end()
		}
	}
}

// take returns what waits for the reader, and whether nothing comes after it.
func (t *Trace) take() (lines []string, over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines, t.mu.pending = t.mu.pending, nil
	if t.mu.lost > 0 {
		lines = append(lines, fmt.Sprintf("%d lines are lost, because they came faster than they were read.", t.mu.lost))
		t.mu.lost = 0
	}
	return lines, t.mu.over
}

// Stop ends the trace from outside; whoever follows it is told.
func (t *Trace) Stop() {
	t.Say("Trace stopped from outside.")
	t.end()
}

// Say adds a line about the trace itself, which no limit counts.
func (t *Trace) Say(format string, args ...any) { t.add(fmt.Sprintf(format, args...)) }

func (t *Trace) end() {
	t.mu.Lock()
	t.mu.over = true
	t.mu.Unlock()
	t.ring()
}

func (t *Trace) ring() {
	select {
	case t.bell <- struct{}{}:
	default:
	}
}

// add puts the lines of text where Follow finds them.
func (t *Trace) add(text string) {
	lines := strings.Split(text, "\n")
	t.mu.Lock()
	room := pendingMax - len(t.mu.pending)
	switch {
	case t.mu.over:
		lines = nil
	case len(lines) > room:
		t.mu.lost += len(lines) - room
		lines = lines[:room]
	}
	t.mu.pending = append(t.mu.pending, lines...)
	t.mu.Unlock()
	t.ring()
}

// allow counts an event and says whether it is shown. The one that is too many ends the trace.
func (t *Trace) allow() bool {
	o := &t.options
	t.mu.Lock()
	if t.mu.over {
		t.mu.Unlock()
		return false
	}
	if now := t.now(); now.Sub(t.mu.since) > o.RateInterval {
		t.mu.since, t.mu.events = now, 0
	}
	t.mu.events++
	tooMany := o.RateMax >= 0 && t.mu.events > o.RateMax
	t.mu.Unlock()
	if tooMany {
		t.Say("Trace rate limit reached: more than %d events within %d ms.", o.RateMax, o.RateInterval.Milliseconds())
		t.end()
	}
	return !tooMany
}

// Traces says whether the client is the one.
func (t *Trace) Traces(mountpoint, clientID string) bool {
	return clientID == t.options.ClientID && mountpoint == t.options.Mountpoint
}

// Received shows a packet of the client. A CONNECT is also how the trace meets a client that was not there before.
func (t *Trace) Received(c *session.Traced, f codec.Frame) {
	if !t.allow() {
		return
	}
	if f.Type == codec.CONNECT {
		t.Say("New session %s found for client %q", sessionID(c), c.ClientID)
	}
	e := t.event(c, "MQTT RECV:")
	e.packet(f, nil)
	t.add(e.String())
}

// Sent shows a packet for the client.
func (t *Trace) Sent(c *session.Traced, packet, payload []byte) {
	if !t.allow() {
		return
	}
	e := t.event(c, "MQTT SEND:")
	e.packet(frameOf(packet), payload)
	t.add(e.String())
}

// Asked shows a question to the plugins.
func (t *Trace) Asked(c *session.Traced, name hook.Name, arg any) {
	if !t.allow() {
		return
	}
	e := t.event(c, "Calling")
	e.question(name, arg)
	t.add(e.String())
}

// Answered shows what the plugins decided.
func (t *Trace) Answered(c *session.Traced, name hook.Name, result any, err error) {
	if !t.allow() {
		return
	}
	e := t.event(c, "Hook result of")
	e.answer(name, result, err)
	t.add(e.String())
}

// Renamed says that the trace loses its client.
func (t *Trace) Renamed(c *session.Traced, to hook.SubscriberID) {
	e := t.event(c, "")
	e.printf("goes on as client %q", to.ClientID)
	if to.Mountpoint != "" {
		e.printf(" of mountpoint %q", to.Mountpoint)
	}
	e.printf(", because auth_on_register says so; that session is no longer traced")
	t.add(e.String())
}

// Ended shows the end of a session. It counts for no limit, because every session has one end.
func (t *Trace) Ended(c *session.Traced) {
	e := t.event(c, "")
	e.printf("session ended")
	t.add(e.String())
}
