package tlslayer

import (
	"crypto/tls"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Server is the TLS side of a listener: certificate, authorities, revocation lists, and what is negotiated. Its methods are for any
// goroutine unless they say otherwise.
type Server struct {
	options Options
	side    side
	config  atomic.Pointer[tls.Config]

	mu struct { // guards the loading, one at a time
		sync.Mutex
		seen   []fileState
		listed time.Time // when CRLFile was looked at last
	}
}

// fileState is by what a change of a file is noticed.
type fileState struct {
	path string
	time time.Time
	size int64
}

// New reads all files of o. The error names the file, or the option, and the reason.
func New(o Options) (*Server, error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	s := &Server{options: o}
	s.side = side{pool: o.Pool, timeout: handshakeTimeout(o.HandshakeTimeout),
		conn: func(c *shim) *tls.Conn { return tls.Server(c, s.config.Load()) }}
	if err := s.Reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// Reload reads all files again. Handshakes that begin afterwards use them, tickets of earlier sessions are not accepted any more, and
// connections are not touched. After an error everything is as before.
func (s *Server) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.listed = time.Now()
	return s.reloadLocked(s.look())
}

// ReloadIfChanged is Reload if a file has another time or size than when it was read last. It reports whether there was a change.
// A change that cannot be loaded is reported once. Revocation lists are looked at when Options.CRLRefresh says so.
func (s *Server) ReloadIfChanged() (changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	if refresh := s.options.CRLRefresh; refresh > 0 && time.Since(s.mu.listed) >= refresh {
		s.mu.listed = time.Now()
	} else {
		s.passOverCRLLocked(now)
	}
	if slices.EqualFunc(now, s.mu.seen, func(a, b fileState) bool {
		return a.path == b.path && a.size == b.size && a.time.Equal(b.time)
	}) {
		return false, nil
	}
	return true, s.reloadLocked(now)
}

// passOverCRLLocked makes the state of CRLFile in now what it was.
func (s *Server) passOverCRLLocked(now []fileState) {
	for i, state := range now {
		if state.path == s.options.CRLFile {
			now[i] = s.mu.seen[i] // the same files in the same order
		}
	}
}

// reloadLocked loads the files; seen is their state from before that, so that a change meanwhile is a change.
func (s *Server) reloadLocked(seen []fileState) error {
	s.mu.seen = seen
	config, err := s.load()
	if err != nil {
		return err
	}
	s.config.Store(config)
	return nil
}

// look returns the state of all files.
func (s *Server) look() []fileState {
	o := &s.options
	paths := []string{o.CertFile, o.KeyFile, o.CAFile, o.CAPath, o.CRLFile}
	for _, p := range o.More {
		paths = append(paths, p.CertFile, p.KeyFile)
	}
	var seen []fileState
	for _, path := range paths {
		if path == "" {
			continue
		}
		state := fileState{path: path}
		if info, err := os.Stat(path); err == nil {
			state.time, state.size = info.ModTime(), info.Size()
		}
		seen = append(seen, state)
	}
	return seen
}

// load makes a configuration of the options and files.
func (s *Server) load() (*tls.Config, error) {
	o := &s.options
	c := &tls.Config{
		// Records grow to 16 KiB at once. Small first ones let a browser render early; here they would only cost.
		DynamicRecordSizingDisabled: true,
	}
	var err error
	if c.MinVersion, c.MaxVersion, err = versions(o.Versions, o.Logger); err != nil {
		return nil, err
	}
	if c.CipherSuites, err = suites(o.Ciphers, o.Logger); err != nil {
		return nil, err
	}
	if c.CurvePreferences, err = curves(o.Curves, o.Logger); err != nil {
		return nil, err
	}
	authorities, err := loadAuthorities(o.CAFile, o.CAPath)
	if err != nil {
		return nil, err
	}
	for _, pair := range append([]KeyPair{o.KeyPair}, o.More...) {
		cert, err := loadPair(pair, authorities)
		if err != nil {
			return nil, err
		}
		c.Certificates = append(c.Certificates, cert)
	}
	if !o.RequireCertificate && !o.RequestCertificate {
		return c, nil
	}
	c.ClientCAs = pool(authorities)
	c.ClientAuth = tls.VerifyClientCertIfGiven
	if o.RequireCertificate {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	check := &verifier{depth: o.Depth}
	if o.CRLFile != "" {
		if check.revoked, err = loadCRLs(o.CRLFile, authorities); err != nil {
			return nil, err
		}
	}
	c.VerifyConnection = check.verify
	return c, nil
}

// Config returns a configuration for servers of other kinds, such as net/http's. It follows reloads.
func (s *Server) Config() *tls.Config {
	c := s.config.Load().Clone()
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.config.Load(), nil }
	return c
}

// fileError names the option and the file that err is about.
func fileError(option, path string, err error) error {
	return fmt.Errorf("%s %s: %w", option, path, err)
}
