package logging

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/config"
)

const (
	// queueMax is how many entries may wait for the service: it must never hold up whoever logs, and a second of the busiest
	// log is worth keeping.
	queueMax = 1024
	// dialTime and retryTime bound what an unreachable service costs: one attempt at most in retryTime.
	dialTime  = 5 * time.Second
	retryTime = 5 * time.Second
	// writeTime is how long the service may take for one entry before the connection is given up.
	writeTime = 5 * time.Second
	// closeTime is how long Close waits for the entries that are left.
	closeTime = time.Second
)

// syslog sends entries to a service, from a goroutine of its own.
type syslog struct {
	format  syslogFormat
	dial    func() (net.Conn, error)
	framed  bool // the connection is a stream, which needs lengths in front of the entries
	queue   chan []byte
	lost    atomic.Int64 // entries that found the queue full, or no service
	done    chan struct{}
	closing chan struct{}
}

// newSyslog prepares the way to the service. Only start goes there.
func newSyslog(c config.Syslog) (*syslog, error) {
	s := &syslog{format: newSyslogFormat(c), queue: make(chan []byte, queueMax), done: make(chan struct{}), closing: make(chan struct{})}
	if c.Host == "" {
		s.dial = dialLocal
		return s, nil
	}
	address := net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
	dialer := &net.Dialer{Timeout: dialTime}
	switch c.Protocol {
	case "tcp":
		s.framed = true
		s.dial = func() (net.Conn, error) { return dialer.Dial("tcp", address) }
	case "tls":
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, err
		}
		authorities := x509.NewCertPool()
		if !authorities.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate in it", c.CAFile)
		}
		s.framed = true
		s.dial = func() (net.Conn, error) {
			return tls.DialWithDialer(dialer, "tcp", address, &tls.Config{RootCAs: authorities, ServerName: c.Host})
		}
	default:
		s.dial = func() (net.Conn, error) { return dialer.Dial("udp", address) }
	}
	return s, nil
}

// localSockets are where systems have their syslog service.
var localSockets = []string{"/dev/log", "/var/run/syslog", "/var/run/log"}

func dialLocal() (net.Conn, error) {
	var all error
	for _, path := range localSockets {
		conn, err := net.DialTimeout("unixgram", path, dialTime)
		if err == nil {
			return conn, nil
		}
		all = errors.Join(all, err)
	}
	return nil, all
}

func (s *syslog) handler(level slog.Leveler) slog.Handler {
	begin := func(b *bytes.Buffer, r slog.Record) { b.WriteString(oneLine(r.Message)) }
	return newLines(level, begin, func(r slog.Record, entry []byte) error {
		select {
		case s.queue <- s.format.entry(r.Time, r.Level, entry):
		default:
			s.lost.Add(1)
		}
		return nil
	})
}

// start begins to send. logger hears when the service cannot be reached, and when it can again.
func (s *syslog) start(logger *slog.Logger) {
	go func() {
		defer close(s.done)
		s.send(logger)
	}()
}

// send sends until the queue is empty and closed.
func (s *syslog) send(logger *slog.Logger) {
	var conn net.Conn
	var next time.Time // of the next attempt
	down := false
	for {
		var entry []byte
		select {
		case entry = <-s.queue:
		default:
			select {
			case entry = <-s.queue:
			case <-s.closing:
				if conn != nil {
					conn.Close()
				}
				return
			}
		}
		if conn == nil && time.Now().Before(next) {
			s.lost.Add(1)
			continue
		}
		var err error
		if conn == nil {
			conn, err = s.dial()
		}
		if err == nil {
			err = s.write(conn, entry)
		}
		if err != nil {
			if conn != nil {
				conn.Close()
				conn = nil
			}
			next = time.Now().Add(retryTime)
			s.lost.Add(1)
			if !down {
				logger.Warn("syslog cannot be reached", "reason", err)
			}
			down = true
			continue
		}
		if n := s.lost.Swap(0); n > 0 || down {
			logger.Warn("entries for syslog are lost", "entries", n)
			down = false
		}
	}
}

func (s *syslog) write(conn net.Conn, entry []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	if s.framed {
		entry = append(strconv.AppendInt(nil, int64(len(entry)), 10), append([]byte{' '}, entry...)...)
	}
	_, err := conn.Write(entry)
	return err
}

// Close waits a moment for what is queued.
func (s *syslog) Close() error {
	close(s.closing)
	select {
	case <-s.done:
		return nil
	case <-time.After(closeTime):
		return fmt.Errorf("syslog has not taken %d entries", len(s.queue))
	}
}
