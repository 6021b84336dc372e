package logging

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// options say how an output looks.
type options struct {
	level   slog.Leveler
	json    bool
	short   bool // lines of text without the names of time and level
	crashes bool // only what carries a stack
}

func (o options) handler(w io.Writer) slog.Handler {
	var h slog.Handler
	switch {
	case o.json:
		h = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: o.level, ReplaceAttr: jsonLevel})
	case o.short:
		h = newShort(w, o.level)
	default:
		h = slog.NewTextHandler(w, &slog.HandlerOptions{Level: o.level, ReplaceAttr: textLevel})
	}
	if o.crashes {
		return crashFilter{h}
	}
	return h
}

// textLevel names the levels that slog would write as INFO+2 and so on.
func textLevel(groups []string, a slog.Attr) slog.Attr {
	if level, is := a.Value.Any().(slog.Level); is && len(groups) == 0 && a.Key == slog.LevelKey {
		if _, text, _ := levelRow(level); text != "" {
			a.Value = slog.StringValue(text)
		}
	}
	return a
}

// jsonLevel names all levels as VerneMQ does, because programs that read its JSON know those words.
func jsonLevel(groups []string, a slog.Attr) slog.Attr {
	if level, is := a.Value.Any().(slog.Level); is && len(groups) == 0 && a.Key == slog.LevelKey {
		a.Value = slog.StringValue(levelWord(level))
	}
	return a
}

// lines writes entries whose beginning slog has no form for, and lets its text handler write the attributes behind it. All handlers
// made of one share a buffer and its lock.
type lines struct {
	attrs slog.Handler // writes to shared.buf
	*shared
}

type shared struct {
	// begin writes what stands in front of the attributes; end gets the whole entry, without line break, for the call only.
	begin func(*bytes.Buffer, slog.Record)
	end   func(slog.Record, []byte) error

	mu  sync.Mutex
	buf bytes.Buffer
}

func newLines(level slog.Leveler, begin func(*bytes.Buffer, slog.Record), end func(slog.Record, []byte) error) lines {
	s := &shared{begin: begin, end: end}
	bare := func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
			return slog.Attr{}
		}
		return a
	}
	return lines{slog.NewTextHandler(&s.buf, &slog.HandlerOptions{Level: level, ReplaceAttr: bare}), s}
}

func (h lines) Enabled(ctx context.Context, l slog.Level) bool { return h.attrs.Enabled(ctx, l) }
func (h lines) WithAttrs(a []slog.Attr) slog.Handler           { return lines{h.attrs.WithAttrs(a), h.shared} }
func (h lines) WithGroup(name string) slog.Handler             { return lines{h.attrs.WithGroup(name), h.shared} }

func (h lines) Handle(ctx context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.buf.Reset()
	h.begin(&h.buf, r)
	h.buf.WriteByte(' ')
	if err := h.attrs.Handle(ctx, r); err != nil {
		return err
	}
	return h.end(r, bytes.TrimRight(h.buf.Bytes(), " \n"))
}

// newShort writes "time level: message key=value …".
func newShort(w io.Writer, level slog.Leveler) slog.Handler {
	return newLines(level, func(b *bytes.Buffer, r slog.Record) {
		b.WriteString(r.Time.Format("2006-01-02T15:04:05.000000Z07:00"))
		b.WriteString(" " + levelWord(r.Level) + ": " + oneLine(r.Message))
	}, func(_ slog.Record, entry []byte) error {
		_, err := w.Write(append(entry, '\n'))
		return err
	})
}

// oneLine keeps a message from looking like several lines of the log.
func oneLine(s string) string { return strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(s) }

// crashFilter lets through what carries a stack: reports of panics.
type crashFilter struct{ slog.Handler }

// stackKey is the attribute by which a report of a panic carries its stack.
const stackKey = "stack"

func (h crashFilter) WithAttrs(a []slog.Attr) slog.Handler {
	return crashFilter{h.Handler.WithAttrs(a)}
}
func (h crashFilter) WithGroup(name string) slog.Handler {
	return crashFilter{h.Handler.WithGroup(name)}
}

func (h crashFilter) Handle(ctx context.Context, r slog.Record) error {
	crash := false
	r.Attrs(func(a slog.Attr) bool {
		crash = a.Key == stackKey
		return !crash
	})
	if !crash {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}
