package netpoll

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Errors that OnClose may hear, beside nil, io.EOF and errors of the operating system.
var (
	// ErrConnectTimeout says that Conn.Established was not called within ListenerOptions.ConnectTimeout, or that a
	// connection that Dial began was not there within DialOptions.Timeout.
	ErrConnectTimeout = errors.New("connect timeout")
	// ErrSlowPeer says that the peer took no byte of the pending output for Options.SlowPeerTimeout.
	ErrSlowPeer = errors.New("peer does not take data")
	// ErrServerClosed says that Server.Stop ended the connection.
	ErrServerClosed = errors.New("server closed")
	// ErrListenerClosed says that Listener.Close(true) ended the connection.
	ErrListenerClosed = errors.New("listener closed")
	// ErrHandlerPanic says that a callback of the connection's handler panicked; the stack is in the log.
	ErrHandlerPanic = errors.New("handler panicked")
)

// Options of a Server. The zero value of each field means the default in its comment.
type Options struct {
	// Loops is the number of event loops. Default: GOMAXPROCS.
	Loops int
	// ReadBuffer is the size of the read buffer of each loop, in bytes. Default: 64 KiB.
	ReadBuffer int
	// Tick is the resolution of timers. Default: 100 ms.
	Tick time.Duration
	// SlowPeerTimeout is how long a connection may have pending output of which the peer takes no byte. Default: 30 s.
	SlowPeerTimeout time.Duration
	// HighWater is the number of pending output bytes of a connection from which on Conn.Full is true, as long as there is room
	// in OutputMemory. Default: 1 MiB.
	HighWater int
	// OutputMemory is about how many bytes of pending output the server holds over all connections. It is shared out to the loops;
	// a connection is full when it has more than a quarter of what is left of its loop's share, so that those that do not
	// read cannot take everything from those that do. Default: 256 MiB.
	OutputMemory int
	// LowWater is the number of pending output bytes below which Handler.OnDrain is called. Default: 64 KiB.
	LowWater int
	// Logger gets panics of handlers and failures to accept. Default: slog.Default.
	Logger *slog.Logger
}

// setDefaults fills in what o leaves open.
func (o *Options) setDefaults() {
	if o.Loops <= 0 {
		o.Loops = runtime.GOMAXPROCS(0)
	}
	if o.ReadBuffer <= 0 {
		o.ReadBuffer = 64 << 10
	}
	// Half of the buffer must have room for a kept tail, the other half for what is read behind it.
	o.ReadBuffer = max(o.ReadBuffer, 1024)
	if o.Tick <= 0 {
		o.Tick = 100 * time.Millisecond
	}
	if o.SlowPeerTimeout <= 0 {
		o.SlowPeerTimeout = 30 * time.Second
	}
	if o.HighWater <= 0 {
		o.HighWater = 1 << 20
	}
	if o.OutputMemory <= 0 {
		o.OutputMemory = 256 << 20
	}
	if o.LowWater <= 0 {
		o.LowWater = min(64<<10, (o.HighWater+1)/2)
	}
	o.LowWater = min(o.LowWater, o.HighWater)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
}

// Server is a set of loops with the listeners and connections on them. Its methods are for any goroutine.
type Server struct {
	opts  Options
	epoch time.Time // Loop.Now counts from here
	loops []*Loop
	conns connTable
	fake  *Fake // nil outside of a Fake
	// stopping is set before the loops close their connections, so that whoever arrives late is turned away.
	stopping atomic.Bool
	// gate is held for reading by who checks stopping and posts a new connection to a loop, so that Stop finds it there.
	gate sync.RWMutex
	// listeners is replaced, never changed, so that loops read it without a lock.
	listeners atomic.Pointer[[]*Listener]

	mu struct {
		sync.Mutex
		started, stopped bool
	}
	running sync.WaitGroup // loops that have not ended
}

// NewServer opens the pollers of all loops and starts nothing. Listeners and OnTurnEnd functions may be added before Start.
// A server that is not wanted any more is given up with Stop, started or not.
func NewServer(o Options) (*Server, error) {
	s := newServer(o)
	for _, l := range s.loops {
		p, err := openPoller()
		if err != nil {
			s.Stop()
			return nil, fmt.Errorf("poller of loop %d: %w", l.index, err)
		}
		l.poll = p
		p.bind(l)
	}
	return s, nil
}

// newServer makes a server whose loops have no pollers.
func newServer(o Options) *Server {
	o.setDefaults()
	s := &Server{opts: o, epoch: time.Now()}
	s.listeners.Store(new([]*Listener))
	for i := range o.Loops {
		s.loops = append(s.loops, newLoop(s, i))
	}
	return s
}

// Start runs the loops, a goroutine each. It is an error to start twice or after Stop.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.mu.stopped:
		return errors.New("start of a stopped server")
	case s.mu.started:
		return errors.New("server started twice")
	}
	s.mu.started = true
	for _, l := range s.loops {
		s.running.Add(1)
		go l.run()
	}
	return nil
}

// Stop closes all listeners and connections and returns when all loops have ended. OnClose hears ErrServerClosed for each
// connection that was still there; output that the kernel takes at once is written, the rest is lost. Tasks that were
// posted before the connections were closed run, and so do those that their OnClose calls posted; later ones do not. Stop
// must not be called on a loop's goroutine. Further calls return when the first has done its work.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.stopped {
		return
	}
	s.mu.stopped = true
	s.gate.Lock()
	s.stopping.Store(true)
	s.gate.Unlock()
	for _, ln := range *s.listeners.Load() {
		ln.Close(false)
	}
	if s.fake != nil {
		s.fake.stop()
		return
	}
	if s.mu.started {
		// Two steps: OnClose on one loop may post to another one, which must still run then.
		var closed sync.WaitGroup
		for _, l := range s.loops {
			closed.Add(1)
			l.Post(&stopTask{closed: &closed})
		}
		closed.Wait()
		for _, l := range s.loops {
			l.Post(&stopTask{})
		}
		s.running.Wait()
	}
	for _, l := range s.loops {
		l.alarm.stop()
		l.mail.shut()
		if l.poll != nil {
			l.poll.close()
		}
	}
}

// stopTask ends a loop in two steps: with a WaitGroup it closes the connections, without one it ends the loop.
type stopTask struct{ closed *sync.WaitGroup }

func (t *stopTask) Run(l *Loop) {
	if t.closed == nil {
		l.ending = true
		return
	}
	l.each(func(c *Conn) { c.terminate(ErrServerClosed) })
	l.settle()
	t.closed.Done()
}

// Loops returns the loops, in the order of their indexes. The slice must not be changed.
func (s *Server) Loops() []*Loop { return s.loops }

// leastLoaded returns the loop with the fewest connections. Connections that are on their way to a loop count for it.
func (s *Server) leastLoaded() *Loop {
	best := s.loops[0]
	for _, l := range s.loops[1:] {
		if l.conns.Load() < best.conns.Load() {
			best = l
		}
	}
	return best
}
