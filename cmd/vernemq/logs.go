package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/vernemq/vmq/config"
)

// openLog makes the main log. terminal, if not nil, receives its lines as well as what the configuration names. The file that
// closes it may be nil.
func openLog(c *config.Config, terminal io.Writer) (*slog.Logger, io.Closer, error) {
	options := &slog.HandlerOptions{Level: c.Log.Level, ReplaceAttr: nameLevel}
	var outputs []slog.Handler
	if terminal != nil {
		outputs = append(outputs, handler(terminal, c.Log.ConsoleJSON, options))
	}
	var closer io.Closer = io.NopCloser(nil)
	if c.Log.ToFile {
		if err := os.MkdirAll(filepath.Dir(c.Log.File), 0o750); err != nil {
			return nil, nil, fmt.Errorf("log.console.file: %w", err)
		}
		f, err := os.OpenFile(c.Log.File, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
		if err != nil {
			return nil, nil, fmt.Errorf("log.console.file: %w", err)
		}
		outputs, closer = append(outputs, handler(f, c.Log.FileJSON, options)), f
	}
	return slog.New(slog.NewMultiHandler(outputs...)), closer, nil
}

func handler(w io.Writer, json bool, o *slog.HandlerOptions) slog.Handler {
	if json {
		return slog.NewJSONHandler(w, o)
	}
	return slog.NewTextHandler(w, o)
}

// levelNames are the levels that slog would write as INFO+2 and so on.
var levelNames = map[slog.Level]string{2: "NOTICE", 12: "CRITICAL", 16: "ALERT", 20: "EMERGENCY"}

func nameLevel(groups []string, a slog.Attr) slog.Attr {
	if level, is := a.Value.Any().(slog.Level); is && len(groups) == 0 && a.Key == slog.LevelKey {
		if name, found := levelNames[level]; found {
			a.Value = slog.StringValue(name)
		}
	}
	return a
}
