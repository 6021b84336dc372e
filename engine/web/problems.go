package web

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Problems remembers the last warnings and errors of the log, for the status page. It is a slog.Handler, to be put beside the one
// that writes the log. Its methods are for any goroutine.
type Problems struct {
	ring  *problemRing
	attrs string // of With, as text
	group string
}

// Problem is one of them. the same text again counts instead of filling the list.
type Problem struct {
	Time  time.Time `json:"time"`
	Level string    `json:"level"` // warning or error
	// Text is the same whoever it happens to; Detail says who and what.
	Text   string `json:"text"`
	Detail string `json:"detail"`
	Count  int    `json:"count"`
}

// problemsMax is how many are kept: a page has room for a dozen, and an operator who comes an hour later wants to see some more.
const problemsMax = 50

// problemText bounds text and detail of one, in bytes, because values may come from clients.
const problemText = 400

type problemRing struct {
	mu   sync.Mutex
	list []Problem // the oldest first; at most problemsMax
}

var _ slog.Handler = (*Problems)(nil)

// NewProblems has none yet.
func NewProblems() *Problems { return &Problems{ring: &problemRing{}} }

// Recent returns copies, the latest first.
func (p *Problems) Recent() []Problem {
	p.ring.mu.Lock()
	defer p.ring.mu.Unlock()
	list := make([]Problem, 0, len(p.ring.list))
	for i := len(p.ring.list) - 1; i >= 0; i-- {
		list = append(list, p.ring.list[i])
	}
	return list
}

// Enabled takes warnings and what is worse.
func (p *Problems) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle remembers r.
func (p *Problems) Handle(_ context.Context, r slog.Record) error {
	var text strings.Builder
	text.WriteString(p.attrs)
	r.Attrs(func(a slog.Attr) bool {
		writeAttr(&text, p.group, a)
		return true
	})
	detail := strings.TrimPrefix(text.String(), ", ")
	x := Problem{Time: r.Time, Level: "warning", Text: shorten(r.Message), Detail: shorten(detail), Count: 1}
	if r.Level >= slog.LevelError {
		x.Level = "error"
	}
	p.ring.add(x)
	return nil
}

// WithAttrs puts attrs in front of those of each record. What it returns remembers in the same place.
func (p *Problems) WithAttrs(attrs []slog.Attr) slog.Handler {
	var text strings.Builder
	text.WriteString(p.attrs)
	for _, a := range attrs {
		writeAttr(&text, p.group, a)
	}
	return &Problems{p.ring, text.String(), p.group}
}

// WithGroup puts name in front of the attributes that follow.
func (p *Problems) WithGroup(name string) slog.Handler {
	return &Problems{p.ring, p.attrs, p.group + name + "."}
}

func (r *problemRing) add(x Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.list {
		if old := &r.list[i]; old.Text == x.Text && old.Detail == x.Detail && old.Level == x.Level {
			x.Count += old.Count
			r.list = append(r.list[:i], r.list[i+1:]...)
			break
		}
	}
	if len(r.list) == problemsMax {
		r.list = append(r.list[:0], r.list[1:]...)
	}
	r.list = append(r.list, x)
}

// writeAttr writes an attribute as people read it: ", key value".
func writeAttr(b *strings.Builder, group string, a slog.Attr) {
	if a.Equal(slog.Attr{}) {
		return
	}
	fmt.Fprintf(b, ", %s%s %v", group, a.Key, a.Value.Resolve())
}

func shorten(s string) string {
	if len(s) <= problemText {
		return s
	}
	return strings.ToValidUTF8(s[:problemText], "") + "…"
}
