package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/netpoll/tlslayer"
)

// AuthMode says who may use a module.
type AuthMode string

// The modes, as http_module.MODULE.auth.mode spells them.
const (
	NoAuth AuthMode = "noauth" // everybody
	APIKey AuthMode = "apikey" // who shows an API key with the module's scope
)

// ListenerOptions say where HTTP is served, and what.
type ListenerOptions struct {
	// Name in the configuration, such as http.default.
	Name string
	// Address is ip:port.
	Address string
	// Modules are the names of the modules served; nil: DefaultModules.
	Modules []string
	// Auth is the mode of modules, by name; one that is missing has the module's own default.
	Auth map[string]AuthMode
	// MaxConnections is a soft limit: at the limit the listener stops accepting, and new connections wait in the kernel. 0: none.
	MaxConnections int
	// MaxRequestLine and MaxHeaderValue bound a request, in bytes. 0: 8000 and 4096.
	MaxRequestLine, MaxHeaderValue int
	// Proxy expects a PROXY header, version 1 or 2, in front of each connection.
	Proxy bool
	// TLS, if not nil, makes clients speak TLS.
	TLS *tlslayer.Options
}

// kind is what operators and hooks call the listener.
func (o *ListenerOptions) kind() string {
	if o.TLS != nil {
		return "https"
	}
	return "http"
}

const (
	defaultRequestLine = 8000
	defaultHeaderValue = 4096
	// headerTime is how long the head of a request may take, and idleTime how long a connection waits for the next one: collectors come
	// every 15 s or so and should find their connection open.
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	// answerTime bounds a whole answer, the longest of which is a profile of 30 s, so that who does not read holds no place for ever.
	answerTime = 2 * time.Minute
	// closeTime is what answers under way have when a listener is deleted, among them the one to the request that deletes it.
	closeTime = 2 * time.Second
)

// Listener is one address at which HTTP is served. Its methods are for any goroutine.
type Listener struct {
	server  *Server
	options ListenerOptions
	tls     *tlslayer.Server
	http    *http.Server
	places  *places

	mu struct {
		sync.Mutex
		socket *socket      // nil while paused
		addr   *net.TCPAddr // of the last socket, so that one at port 0 comes back at its port
		closed bool
	}
}

var _ engine.OtherListener = (*Listener)(nil)

var errListenerClosed = errors.New("the listener was closed")

func (s *Server) newListener(o ListenerOptions) (*Listener, error) {
	if o.MaxRequestLine <= 0 {
		o.MaxRequestLine = defaultRequestLine
	}
	if o.MaxHeaderValue <= 0 {
		o.MaxHeaderValue = defaultHeaderValue
	}
	log := s.Logger.With("listener", o.Name)
	handler, err := s.handler(&o, log)
	if err != nil {
		return nil, err
	}
	l := &Listener{server: s, options: o, places: newPlaces(o.MaxConnections)}
	l.http = &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		// net/http reads that much of a head before it is looked at: the two limits, and other headers beside the longest.
		MaxHeaderBytes: o.MaxRequestLine + 8*o.MaxHeaderValue,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	if o.TLS == nil {
		return l, nil
	}
	t := *o.TLS
	if t.Logger == nil {
		t.Logger = log
	}
	l.tls, err = tlslayer.New(t)
	return l, err
}

// Addr is where it listens, or listened last. Any goroutine.
func (l *Listener) Addr() net.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.addr
}

// Info describes it for operators.
func (l *Listener) Info() engine.ListenerInfo {
	l.mu.Lock()
	at, running := l.mu.addr.AddrPort(), l.mu.socket != nil
	l.mu.Unlock()
	n, limit := l.places.now()
	return engine.ListenerInfo{
		Name: l.options.Name, Type: l.options.kind(), Running: running, Address: at.Addr().Unmap().String(), Port: int(at.Port()),
		MaxConnections: limit, ActiveConnections: n, AllConnections: n, TLS: l.options.TLS,
	}
}

// TLS is where its certificates are, or nil.
func (l *Listener) TLS() *tlslayer.Server { return l.tls }

// SetMaxConnections changes the limit; 0: none.
func (l *Listener) SetMaxConnections(n int) { l.places.limit(n) }

// Pause stops accepting. Connections go on.
func (l *Listener) Pause() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pauseLocked()
}

func (l *Listener) pauseLocked() {
	if l.mu.socket != nil {
		l.mu.socket.Close()
		l.mu.socket = nil
	}
}

// Resume listens, again after Pause. A listener that runs goes on.
func (l *Listener) Resume() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.mu.closed:
		return errListenerClosed
	case l.mu.socket != nil:
		return nil
	}
	address := l.options.Address
	if l.mu.addr != nil {
		address = l.mu.addr.String()
	}
	bound, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	s := &socket{TCPListener: bound.(*net.TCPListener), places: l.places, proxy: l.options.Proxy && l.tls == nil}
	l.mu.socket, l.mu.addr = s, bound.Addr().(*net.TCPAddr)
	go l.serve(s)
	return nil
}

// serve accepts until s is closed.
func (l *Listener) serve(s *socket) {
	var from net.Listener = s
	if l.tls != nil {
		config := l.tls.Config()
		config.NextProtos = []string{"http/1.1"}
		from = tls.NewListener(s, config)
	}
	err := l.http.Serve(from)
	if !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
		l.server.Logger.Error("HTTP listener ended", "listener", l.options.Name, "reason", err)
	}
}

// Close stops accepting for ever. Connections end when they have what was being answered, or after two seconds.
func (l *Listener) Close() {
	l.stopAccepting()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		l.shutdown(ctx)
	}()
}

func (l *Listener) stopAccepting() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.closed = true
	l.pauseLocked()
	l.server.forget(l)
}

// shutdown is Close that waits, at most until ctx is done.
func (l *Listener) shutdown(ctx context.Context) {
	l.stopAccepting()
	if l.http.Shutdown(ctx) != nil {
		l.http.Close()
	}
}
