package web

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/vernemq/vmq/engine"
)

// Options say what a Server shows. Broker is needed; every other field may be zero.
type Options struct {
	// Broker is asked for everything that is shown.
	Broker *engine.Broker
	// Version of the broker, for people.
	Version string
	// Namespace stands in front of each metric's name on /metrics, as prometheus_namespace.
	Namespace string
	// Commands are those of vmq-admin. nil: /api/v1 answers that there is none.
	Commands Commands
	// Keys are the API keys. nil: there is none, so that a module which needs one lets nobody in.
	Keys Keys
	// Publisher returns what publishes the messages of vmq_http_pub, or nil while that plugin does not run. nil: it never does.
	Publisher func() Publisher
	// Members returns what this node knows of the nodes of its cluster, itself included. nil: it is alone.
	Members func() []Member
	// Problems are the recent warnings of the log; nil: the status page has none.
	Problems *Problems
	// Logger receives what goes wrong; nil: slog.Default.
	Logger *slog.Logger
}

// Commands runs the commands of operators. Its methods are for any goroutine.
type Commands interface {
	// Check says whether args, the words of a command and its arguments as vmq-admin takes them, name a command and have values
	// that it can read. It runs nothing.
	Check(args []string) error
	// Run runs the command and returns what vmq-admin prints with --format=json. With an error body is the alert about it, or nil
	// if args cannot be carried out as they are. The caller may keep body.
	Run(ctx context.Context, args []string) (body []byte, err error)
}

// Keys tells which API keys are good. Its method is for any goroutine.
type Keys interface {
	// Valid says whether key exists with that scope (status, mgmt, metrics, health, api2 or httppub) and has not expired.
	Valid(key, scope string) bool
}

// Member is a node of the cluster, as this node sees it.
type Member struct {
	Name string `json:"name"`
	Up   bool   `json:"up"`
}

// Server is what all HTTP listeners of a broker share. Its methods are for any goroutine.
type Server struct {
	Options
	began   time.Time
	history *history

	mu struct {
		sync.Mutex
		listeners map[string]*Listener // by name
		stopping  bool
	}
}

// NewServer makes a server without listeners.
func NewServer(o Options) *Server {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Problems == nil {
		o.Problems = NewProblems()
	}
	s := &Server{Options: o, began: time.Now()}
	s.mu.listeners = make(map[string]*Listener)
	s.history = newHistory(s)
	o.Broker.AddMetrics(s.publishSeries)
	return s
}

// Listen serves HTTP at o.Address from now on, and makes the listener one of those that the broker knows. A name or address that is
// in use, an address that cannot be bound, and certificates that cannot be read are errors that name the listener. A module that does
// not exist is logged and left out.
func (s *Server) Listen(o ListenerOptions) (*Listener, error) {
	l, err := s.newListener(o)
	if err != nil {
		return nil, fmt.Errorf("listener %q on %s: %w", o.Name, o.Address, err)
	}
	if err := l.Resume(); err != nil {
		return nil, fmt.Errorf("listener %q on %s: %w%s", o.Name, o.Address, err, engine.ListenHelp(err))
	}
	s.mu.Lock()
	s.mu.listeners[o.Name] = l
	s.mu.Unlock()
	if err := s.Broker.AddListener(l); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// forget drops a listener that was closed.
func (s *Server) forget(l *Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.listeners[l.options.Name] == l {
		delete(s.mu.listeners, l.options.Name)
	}
}

// Stopping makes health checks fail from now on, so that who routes clients to this node stops doing so. The listeners stay.
func (s *Server) Stopping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.stopping = true
}

func (s *Server) isStopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.stopping
}

// Stop closes all listeners. Requests that are being answered have until ctx is done.
func (s *Server) Stop(ctx context.Context) {
	s.mu.Lock()
	s.mu.stopping = true
	all := slices.Collect(maps.Values(s.mu.listeners))
	s.mu.Unlock()
	var done sync.WaitGroup
	for _, l := range all {
		done.Go(func() { l.shutdown(ctx) })
	}
	done.Wait()
	s.history.stop()
}

// members is Options.Members, or the node alone.
func (s *Server) members() []Member {
	if s.Members == nil {
		return []Member{{Name: s.Broker.NodeName(), Up: true}}
	}
	return s.Members()
}
