// Package logging writes the broker's log to where the configuration says: the main log on standard output and in a file, errors
// in a file of their own, reports of crashes in another one, and syslog. What is logged goes through log/slog.
//
//	logs.go     Logs: all outputs of a node, opened, reopened and closed together
//	level.go    VerneMQ's eight levels, and how they change while the broker runs
//	format.go   lines of text and JSON
//	file.go     a log file that is rotated by size and reopened on demand
//	crash.go    reports of crashes, and the last words of the process
//	schedule.go rotation by the clock
//	syslog.go   syslog: a queue in front of the service; syslogformat.go its two formats
package logging

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/vernemq/vmq/config"
)

// Logs are the log outputs of a node. All methods are for any goroutine.
type Logs struct {
	logger  *slog.Logger
	targets []*target
	files   []*file
	closers []io.Closer
}

// target is one output with a level of its own.
type target struct {
	name, kind, path string
	level            slog.LevelVar
	// standing is the least important level that the target ever writes, whatever is asked of it.
	standing slog.Level
}

// Target describes an output, for `vmq-admin log show config`.
type Target struct {
	// Logger is the name by which SetLevel knows it: default (the error log), consolefile, console, crash or syslog.
	Logger string
	// Level is the least important one that is written, none if nothing is.
	Level string
	// Type is file, standard_io or syslog.
	Type string
	// File is the path of a file, and empty for others.
	File string
}

// Open opens everything that c asks for. console, if not nil, gets the main log too, whatever c says about standard output. The
// error says which key of the configuration cannot be served; nothing is left open then.
func Open(c config.Log, console io.Writer) (*Logs, error) {
	l := &Logs{}
	var handlers []slog.Handler
	var s *syslog
	add := func(t *target, o options, w io.Writer) {
		o.level = &t.level
		l.targets = append(l.targets, t)
		handlers = append(handlers, o.handler(w))
	}
	fail := func(key string, err error) (*Logs, error) {
		return nil, errors.Join(fmt.Errorf("%s: %w", key, err), l.Close())
	}
	if console != nil {
		add(newTarget("console", "standard_io", "", max(c.Level, c.Floor), c.Floor), options{json: c.ConsoleJSON, short: c.Short}, console)
	}
	if c.ToFile {
		f, err := l.open(c.File)
		if err != nil {
			return fail("log.console.file", err)
		}
		add(newTarget("consolefile", "file", c.File.Path, max(c.Level, c.Floor), c.Floor), options{json: c.File.JSON, short: c.Short}, f)
	}
	if c.ToError {
		f, err := l.open(c.Error)
		if err != nil {
			return fail("log.error.file", err)
		}
		add(newTarget("default", "file", c.Error.Path, max(slog.LevelError, c.Floor), c.Floor), options{json: c.Error.JSON, short: c.Short}, f)
	}
	if c.ToCrash {
		crash, err := l.openCrash(c)
		if err != nil {
			return fail("log.crash.file", err)
		}
		add(newTarget("crash", "file", c.Crash.Path, max(slog.LevelError, c.Floor), c.Floor), options{short: c.Short, crashes: true}, crash)
	}
	if c.ToSyslog {
		var err error
		if s, err = newSyslog(c.Syslog); err != nil {
			return fail("log.syslog.remote.tls.cafile", err)
		}
		t := newTarget("syslog", "syslog", "", max(c.Syslog.Level, c.Floor), c.Floor)
		l.targets = append(l.targets, t)
		handlers = append(handlers, s.handler(&t.level))
	}
	l.logger = slog.New(slog.NewMultiHandler(handlers...))
	if s != nil {
		s.start(l.logger)
		l.closers = append(l.closers, s)
	}
	return l, nil
}

func newTarget(name, kind, path string, level, standing slog.Level) *target {
	t := &target{name: name, kind: kind, path: path, standing: standing}
	t.level.Set(level)
	return t
}

func (l *Logs) open(c config.LogFile) (*file, error) {
	f, err := openFile(c)
	if err != nil {
		return nil, err
	}
	l.files = append(l.files, f)
	l.closers = append(l.closers, f)
	return f, nil
}

// Logger writes to all outputs.
func (l *Logs) Logger() *slog.Logger { return l.logger }

// Targets are the outputs that are open, in the order of Open.
func (l *Logs) Targets() []Target {
	all := make([]Target, len(l.targets))
	for i, t := range l.targets {
		all[i] = Target{Logger: t.name, Level: levelWord(t.level.Level()), Type: t.kind, File: t.path}
	}
	return all
}

// SetLevel changes the least important level of the output of that name: one of debug, info, notice, warning, error, critical,
// alert, emergency, or all, or none. log.level still holds. The error names what is unknown.
func (l *Logs) SetLevel(logger, level string) error {
	var found *target
	for _, t := range l.targets {
		if t.name == logger {
			found = t
		}
	}
	if found == nil {
		return fmt.Errorf("there is no logger %q; log show config lists them", logger)
	}
	n, known := levelOf(level)
	if !known {
		return fmt.Errorf("there is no level %q; expected one of %s", level, levelWords())
	}
	found.level.Set(max(n, found.standing))
	return nil
}

// Reopen opens each file again, under its name, because something else has moved it away.
func (l *Logs) Reopen() error {
	var err error
	for _, f := range l.files {
		err = errors.Join(err, f.reopen())
	}
	return err
}

// Close ends all outputs. What is logged afterwards is lost, as are lines that syslog has not taken within a second.
func (l *Logs) Close() error {
	var err error
	for _, c := range l.closers {
		err = errors.Join(err, c.Close())
	}
	return err
}
