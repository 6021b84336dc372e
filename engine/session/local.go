package session

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/queue"
)

// Node is what sessions need of the broker they run in.
type Node interface {
	// Settings in force. Any goroutine.
	Settings() *Settings
	// Loops of the broker. Any goroutine; the slice must not be changed.
	Loops() []*netpoll.Loop
	// Local of that loop. Any goroutine.
	Local(loop *netpoll.Loop) *Local
	// Mountpoint of that name, made if it is new. Any goroutine.
	Mountpoint(name string) *Mountpoint
	// Workers run the calls of plugins that have to wait. Any goroutine.
	Workers() *hook.Pool
	// HookTook is told how long such a call took, with the wait for a worker. Any goroutine.
	HookTook(point hook.Point, d time.Duration)
	// Peers is the number of other nodes that are connected to this one. Any goroutine.
	Peers() int
}

// Router takes publications to their receivers. There is one for each loop.
type Router interface {
	// Route hands p to every client of the mountpoint with a matching subscription. It returns the number of deliveries, and, if
	// more than half of the receivers are behind, one that is; or the gate of a loop that is. On its loop; p is only read, and what must be kept of it is kept by p.Keep.
	Route(m *Mountpoint, p *Publication) (n int, behind *Client)
}

// Local is what the sessions of one loop share, and their way to the rest of the broker. Everything in it belongs to that
// loop, but for the first four fields, which never change, and what says so.
type Local struct {
	Loop   *netpoll.Loop
	Node   Node
	Router Router
	Logger *slog.Logger

	Counters    metric.Counters
	Connections Connections

	hooks      *hook.Set // nil without plugins
	hookTimes  *hookTimes
	tracer     Tracer   // nil: nobody is traced
	storage    *storage // nil without a store
	buffers    queue.Buffers
	refusals   logLimit
	complaints logLimit
	hinted     int64 // minute of the last hintNoPlugin
	pace       pacer
	holding    atomic.Bool // pace holds publishers; any goroutine
	inbox      inbox       // its methods say which goroutine

	// Scratch for the packet at hand; nothing in it outlives the call that filled it.
	frame       codec.Frame
	connect     codec.Connect
	published   codec.Publish
	ack         codec.Ack // received
	answer      codec.Ack // sent
	subscribe   codec.Subscribe
	unsubscribe codec.Unsubscribe
	disconnect  codec.Disconnect
	auth        codec.Auth
	head        codec.PublishHead
	publication Publication
	asked       hook.Publish
	delivery    hook.Deliver
	lost        hook.Message
	props       codec.Properties
	forward     []byte
	topic       []byte
	codes       []byte
}

// NewLocal prepares the state of loop's sessions. Before the loop starts.
func NewLocal(loop *netpoll.Loop, node Node, router Router, logger *slog.Logger) *Local {
	l := &Local{Loop: loop, Node: node, Router: router, Logger: logger, hookTimes: new(hookTimes)}
	l.pace.init(l)
	return l
}

// scratchMax is how many filters of one packet the scratch keeps room for. A client may send a packet with millions, and their
// slices must not stay for ever.
const scratchMax = 1024

func (l *Local) trimScratch() {
	if cap(l.subscribe.Subscriptions) > scratchMax {
		l.subscribe.Subscriptions = nil
	}
	if cap(l.unsubscribe.Filters) > scratchMax {
		l.unsubscribe.Filters = nil
	}
	if cap(l.codes) > scratchMax {
		l.codes = nil
	}
}

// SetHooks puts chains in force for the sessions of the loop; nil: no plugins. On the loop, or before it starts.
func (l *Local) SetHooks(h *hook.Set) { l.hooks = h }

// now is the loop's wall clock in milliseconds of Unix time, as Message.Deadline counts it.
func (l *Local) now() int64 { return l.Loop.WallTime().UnixMilli() }

// tick is the loop's clock in tenths of a second, never 0, as the window notes when it sent a message.
func (l *Local) tick() uint32 { return uint32(l.Loop.Now()/sendTick) + 1 }
