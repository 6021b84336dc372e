package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/engine/retain"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/engine/trace"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/netpoll/tlslayer"
	"github.com/vernemq/vmq/queue/store"
	"github.com/vernemq/vmq/trie"
)

// Broker is one MQTT broker node: event loops with the sessions on them, the subscription index between them, and the
// listeners in front. New builds it, Start sets the loops going, Listen lets clients in, Stop ends it in order.
type Broker struct {
	options  Options
	settings atomic.Pointer[session.Settings]
	server   *netpoll.Server // nil for a broker made by NewOn
	loops    []*netpoll.Loop
	index    *trie.Index[*session.Client]
	retained *retain.Store
	locals   []*session.Local // by index of the loop
	routers  []*router        // likewise
	workers  *hook.Pool
	hooks    atomic.Pointer[hook.Set] // what SetHooks was given last
	// hookTimes is how long calls on workers took, by hook.
	hookTimes [hook.Points]metric.Shared
	peers     atomic.Int32
	tracing   atomic.Pointer[trace.Trace] // nil: none runs
	stopped   chan struct{}
	// handshakes bounds the TLS handshakes of all listeners together.
	handshakes *tlslayer.Pool

	process    *metric.Process
	providers  metric.Providers
	systree    *systree
	store      *store.Store // nil: everything is in memory
	storeWatch storeWatch

	// mu guards what listeners need to be set up. No other lock is taken while it is held.
	mu struct {
		sync.Mutex
		mountpoints map[string]*session.Mountpoint
		listeners   map[string]*listener
	}
}

// Tick is the resolution of the loops' timers: fine enough for a pause of a publisher, and coarse enough that a million
// keep-alives are at most a hundred wake-ups a second.
const Tick = 10 * time.Millisecond

// New builds a broker. It opens no listener and starts nothing.
func New(o Options) (*Broker, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	server, err := netpoll.NewServer(netpoll.Options{Loops: o.Loops, Tick: Tick, Logger: o.Logger})
	if err != nil {
		return nil, fmt.Errorf("event loops: %w", err)
	}
	b := NewOn(server.Loops(), o)
	b.server = server
	if o.Store != nil {
		if err := b.OpenStore(*o.Store); err != nil {
			server.Stop()
			return nil, err
		}
	}
	return b, nil
}

// NewOn builds the broker's inner part on loops that somebody else runs, such as those of a netpoll.Fake: connections come
// in through Acceptor. Start, Listen and Stop are not for such a broker.
func NewOn(loops []*netpoll.Loop, o Options) *Broker {
	if o.NodeName == "" {
		o.NodeName = "VerneMQ@127.0.0.1"
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Settings == nil {
		defaults := session.DefaultSettings()
		o.Settings = &defaults
	}
	if o.QueueMemory <= 0 {
		o.QueueMemory = 64 << 20
	}
	b := &Broker{
		options: o, loops: loops, workers: hook.NewPool(hookWorkers), stopped: make(chan struct{}), handshakes: tlslayer.NewPool(len(loops)),
		index: trie.New[*session.Client](), retained: retain.New(), process: metric.NewProcess(len(loops)),
	}
	b.settings.Store(o.Settings)
	b.hooks.Store(o.Hooks)
	b.mu.mountpoints = make(map[string]*session.Mountpoint)
	b.mu.listeners = make(map[string]*listener)
	b.routers = newRouters(loops)
	for i, loop := range loops {
		local := session.NewLocal(loop, b, b.routers[i], o.Logger)
		local.SetHooks(o.Hooks)
		b.locals = append(b.locals, local)
		b.routers[i].local = local
	}
	b.systree = newSystree(b)
	loops[0].Post(b.systree)
	if o.RetainSweep > 0 {
		b.sweepRetained(o.RetainSweep)
	}
	return b
}

// Acceptor returns what makes the handler of a connection that was accepted for the listener: netpoll's Accept. Any
// goroutine; the function it returns is for the connection's loop.
func (b *Broker) Acceptor(o session.ListenerSettings) func(*netpoll.Conn) netpoll.Handler {
	if o.Versions == 0 {
		o.Versions = session.DefaultVersions
	}
	front := session.NewListener(o, b.Mountpoint(o.Mountpoint))
	return func(c *netpoll.Conn) netpoll.Handler { return session.New(c, b.Local(c.Loop()), front) }
}

// NodeName is the name under which the node is known. Any goroutine.
func (b *Broker) NodeName() string { return b.options.NodeName }

// Peers is the number of other nodes that are connected to this one. Any goroutine.
func (b *Broker) Peers() int { return int(b.peers.Load()) }

// SetPeers says how many other nodes are connected now. Any goroutine.
func (b *Broker) SetPeers(n int) { b.peers.Store(int32(n)) }

// Start sets the event loops going.
func (b *Broker) Start() error {
	if err := b.server.Start(); err != nil {
		return fmt.Errorf("event loops: %w", err)
	}
	go tidy(b.stopped)
	go b.watchCertificates()
	if b.store != nil {
		go b.sweepStore()
	}
	return nil
}

// Settings are the settings in force. Any goroutine; they must not be written to.
func (b *Broker) Settings() *session.Settings { return b.settings.Load() }

// Apply puts new settings in force: for sessions that connect from now on, and at once for the fields that say so. Any
// goroutine; s must not be changed afterwards.
func (b *Broker) Apply(s *session.Settings) {
	b.settings.Store(s)
	b.loops[0].Post(b.systree)
}

// Local is the shared state of that loop's sessions. Any goroutine.
func (b *Broker) Local(loop *netpoll.Loop) *session.Local { return b.locals[loop.Index()] }

// Mountpoint returns the mountpoint of that name and makes it if it is new. Any goroutine.
func (b *Broker) Mountpoint(name string) *session.Mountpoint {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.mu.mountpoints[name]
	if m == nil {
		m = session.NewMountpoint(name, b.index, b.retained.Mount(name))
		b.mu.mountpoints[name] = m
	}
	return m
}

// Each calls f for each client record of the node, online or not. Any goroutine; records that come or go meanwhile may be
// missed, and f may only use what session.Client allows on that goroutine.
func (b *Broker) Each(f func(*session.Client)) {
	b.eachMountpoint(func(m *session.Mountpoint) { m.Clients.Each(f) })
}

func (b *Broker) eachMountpoint(f func(*session.Mountpoint)) {
	b.mu.Lock()
	all := make([]*session.Mountpoint, 0, len(b.mu.mountpoints))
	for _, m := range b.mu.mountpoints {
		all = append(all, m)
	}
	b.mu.Unlock()
	for _, m := range all {
		f(m)
	}
}

// Stop ends the broker in order: no more accepts, every session ended (MQTT 5 clients are told that the server shuts down),
// what is queued for the sockets written, loops stopped. It takes as long as clients need to read, at most until ctx is done.
func (b *Broker) Stop(ctx context.Context) {
	b.mu.Lock()
	for _, l := range b.mu.listeners {
		if l.socket != nil {
			l.socket.Pause()
		}
	}
	b.mu.Unlock()
	var ended sync.WaitGroup
	for _, loop := range b.loops {
		ended.Add(1)
		loop.Post(&shutdown{broker: b, ended: &ended})
	}
	ended.Wait()
	b.awaitSockets(ctx)
	if err := b.workers.Wait(ctx); err != nil {
		b.options.Logger.Warn("plugins were not told everything, because they took too long", "reason", err)
	}
	b.server.Stop()
	close(b.stopped)
	b.closeStore()
}

// Stopped is closed when Stop has ended the loops: whoever waits for an answer of theirs waits in vain. Any goroutine.
func (b *Broker) Stopped() <-chan struct{} { return b.stopped }

var errShuttingDown = errors.New("broker is shutting down")

// shutdown ends the sessions of one loop.
type shutdown struct {
	broker *Broker
	ended  *sync.WaitGroup
}

func (t *shutdown) Run(loop *netpoll.Loop) {
	t.broker.Each(func(c *session.Client) {
		if c.Home() == loop {
			c.Disconnect(codec.ServerShuttingDown, errShuttingDown)
		}
	})
	t.ended.Done()
}

// awaitSockets waits until every connection is closed, because a last DISCONNECT may still be on its way.
func (b *Broker) awaitSockets(ctx context.Context) {
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for b.Connections() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}

// Connections is the number of open connections. Any goroutine.
func (b *Broker) Connections() int {
	n := 0
	for _, loop := range b.loops {
		n += loop.Connections()
	}
	return n
}

// Loops are the event loops the broker runs on. Any goroutine; the slice must not be changed.
func (b *Broker) Loops() []*netpoll.Loop { return b.loops }

// Index holds the subscriptions of all mountpoints. Any goroutine.
func (b *Broker) Index() *trie.Index[*session.Client] { return b.index }

// Clients is the number of client records, of those who are away included. Any goroutine.
func (b *Broker) Clients() int {
	n := 0
	b.eachMountpoint(func(m *session.Mountpoint) { n += m.Clients.Len() })
	return n
}
