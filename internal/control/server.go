// Package control lets commands talk to a running broker through a unix socket that only its owner may open.
//
// A caller sends one line: the words of a command as a JSON array. It gets lines back, as the command produces them: each begins
// with > for text, with - for text whose line does not end, with ! for text about errors, or, once and last, with = for the exit code.
//
//	→ ["ping"]
//	← >pong
//	← =0
//
// When the caller goes away the context of its command is cancelled. Nothing here knows what the commands are.
package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Handler runs one command and returns its exit code. What it writes to out, and to Errors(out), reaches the caller line by line; both are
// for the handler's goroutine only. ctx is cancelled when the caller goes away or the server closes.
type Handler func(ctx context.Context, args []string, out io.Writer) int

const (
	// requestMax is the longest request in bytes: more than the 6 MiB that Linux lets a command line have at most.
	requestMax = 8 << 20
	// requestTime is how long a caller may take to send it, so that a forgotten connection does not hold a place for ever.
	requestTime = 10 * time.Second
	// callersMax bounds callers at the same time: each costs a goroutine or two, and an operator has few terminals.
	callersMax = 64
)

// Server answers callers until Close.
type Server struct {
	listener *net.UnixListener
	handler  Handler
	places   chan struct{} // one for each caller being served
	ctx      context.Context
	cancel   context.CancelFunc
	callers  sync.WaitGroup
}

// Listen makes the socket at path, readable and writable for its owner only, and serves callers in goroutines of its own. A
// socket that an earlier process left at path is removed: the caller of Listen must know that no other process serves it.
func Listen(path string, h Handler) (*Server, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if len(path) > pathMax {
		return nil, fmt.Errorf("the path of the control socket is %d bytes long, the system allows %d: %s", len(path), pathMax, path)
	}
	// The mask is the process's, so files that others create at this moment are private too, which does no harm; a socket that
	// is open to all until a later chmod would.
	mask := syscall.Umask(0o177)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	syscall.Umask(mask)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	s := &Server{listener: l, handler: h, places: make(chan struct{}, callersMax)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.callers.Go(s.accept)
	return s, nil
}

// pathMax is the longest path of a unix socket on Linux and macOS, in bytes; the shorter of the two.
const pathMax = 103

// Close removes the socket, cancels the commands that run and waits for them.
func (s *Server) Close() {
	s.listener.Close()
	s.cancel()
	s.callers.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.AcceptUnix()
		if err != nil {
			return // closed; a listener on a path has no other lasting error
		}
		select {
		case s.places <- struct{}{}:
			s.callers.Go(func() {
				s.serve(conn)
				<-s.places
			})
		default:
			refuse(conn, "%d commands run at the same time, which is the limit: try again when one has ended", callersMax)
			conn.Close()
		}
	}
}

// refuse answers a caller whose command is not run.
func refuse(conn *net.UnixConn, format string, args ...any) {
	fmt.Fprintf(conn, "!%s\n=1\n", fmt.Sprintf(format, args...))
}

// serve runs the command of one caller.
func (s *Server) serve(conn *net.UnixConn) {
	defer conn.Close()
	if conn.SetReadDeadline(time.Now().Add(requestTime)) != nil {
		return
	}
	in := bufio.NewReader(io.LimitReader(conn, requestMax))
	line, err := in.ReadBytes('\n')
	switch {
	case err == io.EOF && len(line) == requestMax:
		refuse(conn, "the command line is longer than %d bytes", requestMax)
		return
	case err != nil:
		return
	}
	var args []string
	if err := json.Unmarshal(line, &args); err != nil || len(args) == 0 {
		refuse(conn, "%.100q is no list of words", bytes.TrimSpace(line))
		return
	}
	if conn.SetReadDeadline(time.Time{}) != nil {
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	gone := make(chan struct{})
	go func() { // the caller sends nothing more, so the end of a read is the end of the caller
		defer close(gone)
		_, _ = conn.Read(make([]byte, 1))
		cancel()
	}()
	out := &lineWriter{to: conn, mark: markText, errors: &lineWriter{to: conn, mark: markError}}
	code := s.handler(ctx, args, out)
	out.flush(markPartial)
	out.errors.flush(markError)
	fmt.Fprintf(conn, "=%d\n", code)
	conn.Close()
	<-gone
}

// Errors is where a handler that was given out writes what its caller should see apart from answers, on standard error.
func Errors(out io.Writer) io.Writer {
	if w, is := out.(*lineWriter); is {
		return w.errors
	}
	return out
}

// What each line begins with.
const (
	markText    = '>'
	markPartial = '-'
	markError   = '!'
	markCode    = '='
)

// lineWriter puts its mark in front of each line and writes whole lines only.
type lineWriter struct {
	to      io.Writer
	mark    byte
	partial []byte      // begun and not yet ended
	errors  *lineWriter // nil for that one itself
}

func (w *lineWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		w.partial = append(w.partial, line...)
		if !ended {
			break
		}
		if err := w.end(w.mark); err != nil {
			return 0, err
		}
		rest = after
	}
	return len(p), nil
}

// end sends the line that was begun.
func (w *lineWriter) end(mark byte) error {
	_, err := fmt.Fprintf(w.to, "%c%s\n", mark, w.partial)
	w.partial = w.partial[:0]
	return err
}

func (w *lineWriter) flush(mark byte) {
	if len(w.partial) > 0 {
		_ = w.end(mark) // a caller that is gone misses nothing
	}
}
