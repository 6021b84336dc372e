package admin

import (
	"context"
)

// Logs are the targets of the log. Any goroutine.
type Logs interface {
	// Targets are those that are active.
	Targets() []LogTarget
	// SetLevel changes the level of one, until the broker stops. The error says which part of it does not exist.
	SetLevel(logger, level string) error
}

// LogTarget is where the log goes.
type LogTarget struct {
	// Logger is default, consolefile, console, crash, sasl or syslog.
	Logger string
	// Level is the lowest that is written.
	Level string
	// Type is file or standard_io; File is the path. Both may be empty.
	Type, File string
}

var logLevels = []string{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency", "all", "none"}

func (t *Commands) logCommands() []Command {
	return []Command{
		{
			Path: "log show config", Summary: "Show where the log goes", Help: "Shows the targets of the log, with their levels.", AfterStop: true,
			Do: func(context.Context, *Input) (Result, error) {
				table := &Table{Columns: []string{"logger", "level", "type", "file"}}
				for _, l := range t.options.Logs.Targets() {
					table.add(dash(l.Logger), dash(l.Level), dash(l.Type), dash(l.File))
				}
				return Result{table}, nil
			},
		},
		{
			Path: "log level", Synopsis: "logger=<Logger> level=<Level>", Summary: "Change the level of a target",
			Help: "Changes what a target of the log takes, until the broker stops.", AfterStop: true,
			Args: []Arg{
				{Key: "logger", Value: "<Logger>", Help: "One of those that log show config shows."},
				{Key: "level", Value: "<Level>", Help: "debug, info, notice, warning, error, critical, alert or emergency; all, none.", Complete: logLevels},
			},
			Do: func(_ context.Context, in *Input) (Result, error) {
				logger, level := in.Arg("logger"), in.Arg("level")
				if logger == "" || level == "" {
					return in.explain()
				}
				if err := t.options.Logs.SetLevel(logger, level); err != nil {
					return alert(capital(err.Error())), nil
				}
				return done, nil
			},
		},
	}
}

// dash stands for what is missing.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
