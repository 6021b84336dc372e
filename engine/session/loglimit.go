package session

import "github.com/vernemq/vmq/engine/hook"

// logLimit bounds the lines of one kind that a loop writes to the log, so that a flood of clients that are turned away is not a flood of
// writes too. The zero value is ready.
type logLimit struct {
	second   int64
	lines    int
	unlogged int
}

// linesPerSecond is enough to see what goes on.
const linesPerSecond = 10

// allow says whether a line may be written at that time, in seconds, and how many were not since the last one.
func (l *logLimit) allow(now int64) (unlogged int, ok bool) {
	if now != l.second {
		l.second, l.lines = now, 0
	}
	if l.lines >= linesPerSecond {
		l.unlogged++
		return 0, false
	}
	l.lines++
	unlogged, l.unlogged = l.unlogged, 0
	return unlogged, true
}

// complain logs a mistake of a plugin or of the configuration that each packet may meet.
func (l *Local) complain(text string, attrs ...any) {
	if n, ok := l.complaints.allow(l.Loop.NowUnix()); ok {
		l.Logger.Error(text, append(attrs, "unlogged", n)...)
	}
}

// hintNoPlugin explains, once a minute, the refusal that operators meet who switch vmq_acl off in order to allow everything.
func (l *Local) hintNoPlugin(why error) {
	minute := l.Loop.NowUnix() / 60
	if why != hook.ErrNoPlugin || l.hinted == minute {
		return
	}
	l.hinted = minute
	l.Logger.Error("no plugin decides who may publish and subscribe, so nobody may, whatever allow_anonymous says; " +
		"set plugins.vmq_acl = on, with the line \"topic #\" in its file to allow everything")
}
