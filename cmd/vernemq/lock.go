package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/vernemq/vmq/config"
)

// dataLock is held by the process that uses a data directory. The kernel gives it up when the process ends, however it does.
type dataLock struct{ file *os.File }

// errLocked says that another process holds the lock.
var errLocked = errors.New("in use")

func lockPath(c *config.Config) string { return filepath.Join(c.Node.DataDir, "vernemq.lock") }

// lockData creates the data directory if need be and takes its lock, leaving the process id in the lock file.
func lockData(c *config.Config) (*dataLock, error) {
	if err := os.MkdirAll(c.Node.DataDir, 0o750); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	f, err := os.OpenFile(lockPath(c), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		pid := readPid(f)
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("data directory %s is %w by process %s; each broker needs a directory of its own (platform_data_dir)",
				c.Node.DataDir, errLocked, pid)
		}
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	l := &dataLock{f}
	if err := l.write(strconv.Itoa(os.Getpid()) + "\n"); err != nil {
		f.Close()
		return nil, err
	}
	return l, nil
}

func (l *dataLock) write(s string) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(s), 0)
	return err
}

// release empties the lock file, so that nobody takes an old process id for a living one, and gives the lock up.
func (l *dataLock) release() error { return errors.Join(l.write(""), l.file.Close()) }

// waitUnlocked returns when no process holds the lock of the data directory any more.
func waitUnlocked(c *config.Config) error {
	f, err := os.Open(lockPath(c))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close() // which gives it up again
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func readPid(r io.Reader) string {
	text, err := io.ReadAll(r)
	if pid := strings.TrimSpace(string(text)); err == nil && pid != "" {
		return pid
	}
	return "unknown"
}
