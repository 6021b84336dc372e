package logging

import (
	"errors"
	"os"
	"runtime/debug"
	"time"

	"github.com/vernemq/vmq/config"
)

// crashLog is the file of crash reports. The Go runtime writes there as well when the process dies of a panic or a fatal
// error, which nothing else could log any more.
type crashLog struct {
	*file
	entryMax int
	timer    *time.Timer // nil: no rotation by the clock
	wait     func() time.Duration
}

func (l *Logs) openCrash(c config.Log) (*crashLog, error) {
	f, err := l.open(c.Crash)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.renewed = func() { _ = lastWords(c.Crash.Path) } // the descriptor that the runtime has is of the old file, which still takes them
	f.mu.Unlock()
	if err := lastWords(c.Crash.Path); err != nil {
		return nil, err
	}
	crash := &crashLog{file: f, entryMax: c.CrashEntry}
	if s, ok := parseSchedule(c.CrashRotation); ok {
		crash.repeat(s)
	}
	l.closers = append(l.closers, crash)
	return crash, nil
}

// lastWords tells the runtime where to write when the process dies, beside standard error.
func lastWords(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, fileMode)
	if err != nil {
		return err
	}
	return errors.Join(debug.SetCrashOutput(f, debug.CrashOptions{}), f.Close()) // it keeps a descriptor of its own
}

// cutMark ends a report that is too long.
const cutMark = "… (cut)\n"

// Write appends one report, cut if it is too long.
func (c *crashLog) Write(p []byte) (int, error) {
	if c.entryMax <= 0 || len(p) <= c.entryMax {
		return c.file.Write(p)
	}
	keep := max(c.entryMax-len(cutMark), 0)
	if _, err := c.file.Write(append(append(make([]byte, 0, keep+len(cutMark)), p[:keep]...), cutMark...)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// repeat rotates at each time of the schedule.
func (c *crashLog) repeat(s schedule) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wait = func() time.Duration { return time.Until(s.next(time.Now())) }
	c.timer = time.AfterFunc(c.wait(), c.due)
}

// due rotates and waits for the next time. A failure leaves the file as it is until then.
func (c *crashLog) due() {
	_ = c.rotate()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.timer.Reset(c.wait())
	}
}

// Close ends the rotation by the clock and takes the file from the runtime.
func (c *crashLog) Close() error {
	c.mu.Lock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
	c.mu.Unlock()
	return debug.SetCrashOutput(nil, debug.CrashOptions{})
}
