package logging

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"sync"

	"gopkg.in/natefinch/lumberjack.v2"

	"github.com/vernemq/vmq/config"
)

const (
	// dirMode and fileMode let the group read, as log collectors do.
	dirMode  = 0o750
	fileMode = 0o640
)

// file is a log file. lumberjack moves, numbers and compresses old ones; when to do that is decided here, because it counts in
// megabytes and the configuration in bytes.
type file struct {
	options config.LogFile
	// renewed is called after another file has taken the place of the path; nil: nobody needs to know. mu is held.
	renewed func()

	mu     sync.Mutex
	log    *lumberjack.Logger
	size   int64
	closed bool
}

var errClosed = errors.New("the log is closed")

// neverMB is a size that no file reaches, in megabytes.
const neverMB = math.MaxInt >> 20

func openFile(o config.LogFile) (*file, error) {
	f := &file{options: o, log: &lumberjack.Logger{Filename: o.Path, MaxSize: neverMB, MaxBackups: o.Keep, Compress: o.Compress, LocalTime: true}}
	if err := os.MkdirAll(filepath.Dir(o.Path), dirMode); err != nil {
		return nil, err
	}
	return f, f.create()
}

// create makes the file if it is not there, with the mode that lumberjack then keeps, and learns its size. It also finds out whether
// the file can be written at all, which lumberjack would not say before the first line.
func (f *file) create() error {
	h, err := os.OpenFile(f.options.Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, fileMode)
	if err != nil {
		return err
	}
	info, err := h.Stat()
	if err == nil {
		f.size = info.Size()
	}
	return errors.Join(err, h.Close())
}

// Write appends one entry, to a new file if the present one would become too large.
func (f *file) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0, errClosed
	}
	if f.options.Size > 0 && f.size > 0 && f.size+int64(len(p)) > f.options.Size {
		if err := f.rotateLocked(); err != nil {
			return 0, err // the line is lost rather than the limit
		}
	}
	n, err := f.log.Write(p)
	f.size += int64(n)
	return n, err
}

// rotate begins a new file, unless the present one is empty.
func (f *file) rotate() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.size == 0 {
		return nil
	}
	return f.rotateLocked()
}

// rotateLocked puts an empty file in the place of the present one, which is kept or not. mu is held.
func (f *file) rotateLocked() error {
	if f.options.Keep > 0 {
		if err := f.log.Rotate(); err != nil {
			return err
		}
		f.size = 0
	} else {
		// lumberjack takes no kept files for all of them.
		if err := errors.Join(f.log.Close(), os.Remove(f.options.Path), f.create()); err != nil {
			return err
		}
	}
	f.tell()
	return nil
}

// reopen makes the path again, because the file has been moved away.
func (f *file) reopen() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	err := errors.Join(f.log.Close(), f.create())
	f.tell()
	return err
}

func (f *file) tell() {
	if f.renewed != nil {
		f.renewed()
	}
}

// Close ends the file.
func (f *file) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return f.log.Close()
}
