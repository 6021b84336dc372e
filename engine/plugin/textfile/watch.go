package textfile

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Settings say which file is read, and how often. They may change while it is watched.
type Settings struct {
	// Path of the file.
	Path string
	// Interval between two looks at it; a negative one counts like its opposite. 0: at start and on Reload only.
	Interval time.Duration
}

// Options say what becomes of a file.
type Options struct {
	// What the file is called in the log, such as "password file".
	What string
	// Settings in force now.
	Settings func() Settings
	// Load takes over the content of the file; it is not called again before the content changes. An error, most likely a *Mistake, leaves in
	// force what was loaded before. One call at a time.
	Load func(text string) error
	// Missing is called at the first look, in place of Load, if there is no such file. Later, a missing file changes nothing, and is a problem
	// if there was one before.
	Missing func(path string)
	// Quiet says nothing in the log about a file that is missing.
	Quiet bool
	// Logger receives each problem once, until another one or none takes its place.
	Logger *slog.Logger
}

// Watch reads a file when it is made, and from then on at intervals.
type Watch struct {
	options Options
	reload  chan chan struct{}
	stop    chan struct{}
	ended   sync.WaitGroup

	// Owned by Open, and then by the goroutine that reads:
	seed    maphash.Seed
	loaded  uint64 // hash of the content that was handed to Load last
	tried   bool   // loaded means something
	problem string // the last one in the log
}

// sizeMax bounds what is read into memory: ten million users, and no file that somebody has named by accident.
const sizeMax = 1 << 30

// settle is how long new content must stay as it is before it is loaded. Whoever copies a file over the old one writes it piece by piece,
// and its first half may be a valid file that takes rights away from everybody in the second.
const settle = 250 * time.Millisecond

// settleTries bounds how often changing content is looked at again before the next interval.
const settleTries = 20

// Open reads the file and goes on watching it until Close. The error is that of Load, or says why the file cannot be read; one that is
// missing is no error.
func Open(o Options) (*Watch, error) {
	w := &Watch{options: o, reload: make(chan chan struct{}), stop: make(chan struct{}), seed: maphash.MakeSeed()}
	path := o.Settings().Path
	text, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		o.Missing(path)
	case err != nil:
		return nil, err
	default:
		if err := w.load(path, text); err != nil {
			return nil, err
		}
	}
	w.ended.Add(1)
	go w.run()
	return w, nil
}

// Reload looks at the file now, and counts the interval from here. It returns when that is done. Any goroutine.
func (w *Watch) Reload() {
	done := make(chan struct{})
	select {
	case w.reload <- done:
		<-done
	case <-w.stop:
	}
}

// Close ends the watching and waits until a load that is under way has ended. Once only.
func (w *Watch) Close() {
	close(w.stop)
	w.ended.Wait()
}

func (w *Watch) run() {
	defer w.ended.Done()
	timer := time.NewTimer(0)
	timer.Stop()
	for {
		if interval := w.options.Settings().Interval.Abs(); interval > 0 {
			timer.Reset(interval)
		}
		select {
		case <-w.stop:
			timer.Stop()
			return
		case done := <-w.reload:
			timer.Stop()
			w.look()
			close(done)
		case <-timer.C:
			w.look()
		}
	}
}

// look reads the file and loads it if it has changed and is complete.
func (w *Watch) look() {
	path := w.options.Settings().Path
	text, err := read(path)
	for range settleTries {
		if err != nil || w.tried && w.hash(text) == w.loaded {
			break
		}
		if !w.pause() {
			return
		}
		var again string
		if again, err = read(path); again == text {
			break
		}
		text = again
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && (w.options.Quiet || !w.tried): // nothing was ever there, which Missing has heard
		w.report(nil)
	case err != nil:
		w.report(err)
	case w.tried && w.hash(text) == w.loaded:
	default:
		w.report(w.load(path, text))
	}
}

// pause lets the content settle; it returns false if the watching ends meanwhile.
func (w *Watch) pause() bool {
	timer := time.NewTimer(settle)
	defer timer.Stop()
	select {
	case <-w.stop:
		return false
	case <-timer.C:
		return true
	}
}

func (w *Watch) hash(text string) uint64 { return maphash.String(w.seed, text) }

func (w *Watch) load(path, text string) error {
	w.loaded, w.tried = w.hash(text), true
	err := w.options.Load(text)
	var m *Mistake
	if errors.As(err, &m) {
		m.File = path
	}
	return err
}

// report logs a problem, but not again and again.
func (w *Watch) report(err error) {
	if err == nil {
		w.problem = ""
		return
	}
	if text := err.Error(); text != w.problem {
		w.problem = text
		w.options.Logger.Error("the "+w.options.What+" is not taken over; what was read before stays in force", "reason", err)
	}
}

// read returns the content of a file.
func read(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s: not a regular file", path) // reading a pipe would wait for a writer
	case info.Size() > sizeMax:
		return "", fmt.Errorf("%s: %d bytes, more than the %d that are read", path, info.Size(), sizeMax)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, sizeMax))
	if err != nil {
		return "", err
	}
	return string(b), nil
}
