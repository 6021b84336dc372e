package logging

import (
	"log/slog"
	"math"
	"strings"
)

// The levels that slog has no name for. They keep its distance of four.
const (
	levelNotice    slog.Level = 2
	levelCritical  slog.Level = 12
	levelAlert     slog.Level = 16
	levelEmergency slog.Level = 20

	levelAll  slog.Level = math.MinInt
	levelNone slog.Level = math.MaxInt
)

// levels are VerneMQ's words for them, the name in lines of text, and the severity of syslog.
var levels = []struct {
	level    slog.Level
	word     string
	text     string
	severity int
}{
	{levelAll, "all", "", 7},
	{slog.LevelDebug, "debug", "DEBUG", 7},
	{slog.LevelInfo, "info", "INFO", 6},
	{levelNotice, "notice", "NOTICE", 5},
	{slog.LevelWarn, "warning", "WARN", 4},
	{slog.LevelError, "error", "ERROR", 3},
	{levelCritical, "critical", "CRITICAL", 2},
	{levelAlert, "alert", "ALERT", 1},
	{levelEmergency, "emergency", "EMERGENCY", 0},
	{levelNone, "none", "", 0},
}

func levelOf(word string) (slog.Level, bool) {
	for _, l := range levels {
		if l.word == word {
			return l.level, true
		}
	}
	return 0, false
}

// levelRow is the most important level that l reaches.
func levelRow(l slog.Level) (word, text string, severity int) {
	row := levels[0]
	for _, r := range levels {
		if l >= r.level {
			row = r
		}
	}
	return row.word, row.text, row.severity
}

func levelWord(l slog.Level) string {
	word, _, _ := levelRow(l)
	return word
}

func levelWords() string {
	var words []string
	for _, l := range levels {
		words = append(words, l.word)
	}
	return strings.Join(words, ", ")
}
