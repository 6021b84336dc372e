package netpoll

import (
	"slices"
	"time"
)

// layering is what a connection with layers has beyond a plain one.
//
// Its pending output is one list of chunks like any other's. At the front of it stand the bytes that have gone through all
// layers, behind them those that the handler has written since:
//
//	out.head                         last                       out.tail
//	┌─────────┐   ┌─────────┐   ┌─────────┐   ┌─────────┐   ┌─────────┐
//	│ encoded │──▶│ encoded │──▶│ encoded │──▶│  plain  │──▶│  plain  │
//	└─────────┘   └─────────┘   └─────────┘   └─────────┘   └─────────┘
//
// Plain output stays plain until the kernel has room for it: then it can still be merged into few records or frames, and a payload
// by reference is copied no earlier than needed.
type layering struct {
	make     func(c *Conn) []Layer // of a dialled connection, until it is there
	chain    []Layer               // the lowest first
	identity *Identity
	encoded  int    // bytes of encoded chunks
	last     *chunk // the last encoded chunk; meaningless while encoded is 0
	end      error  // an Input has returned it; Close is due when the handler has seen what came before
	why      error  // what OnClose has heard: for the layers' Close
	timed    Layer  // the one whose opening the timer bounds
	started  int    // layers of chain, from the lowest on, whose Input has been called
	open     int    // layers of chain, from the lowest on, that are open
	busy     bool   // the first layer that is not open is LayerBusy
	stalled  bool   // not read from, because the peer does not take the layers' answers
	opened   bool   // all are open, OnOpen was called or is about to be
	farewell bool   // the layers' Close was called
}

// layerScratch is memory of a loop for bytes between layers. It is made when the loop has its first layered connection. None of
// it lasts longer than one call of feed or encode.
type layerScratch struct {
	top     []byte    // what the handler is shown
	between [2][]byte // on the way up
	answer  []byte    // what a layer says by itself
	down    [2][]byte // on the way down
	gather  []byte    // plain output of several chunks
}

// scratchKeep is the capacity, in bytes, that a scratch slice may keep; what one message with much padding or compression has
// made larger goes back to the heap.
const scratchKeep = 256 << 10

// answersMax is how many encoded bytes may wait for a peer that does not read before it is not read from any more. Output of the
// handler does not get there: what is more than that are answers of layers, such as pongs.
const answersMax = 2 * encodeBatch

// kept returns b empty, or nil if it is too large to be kept.
func kept(b []byte) []byte {
	if cap(b) > scratchKeep {
		return nil
	}
	return b[:0]
}

func (l *Loop) layerScratch() *layerScratch {
	if l.scratch == nil {
		l.scratch = &layerScratch{top: make([]byte, 0, len(l.readBuf)+smallTail)}
	}
	return l.scratch
}

// begun is called when the transport is there: it starts the connection's layers, and if there are none the handler.
func (l *Loop) begun(c *Conn, layers func(c *Conn) []Layer) {
	if layers != nil {
		l.current = c
		chain := layers(c)
		l.current = nil
		if len(chain) > 0 {
			c.layers = &layering{chain: chain}
			l.current = c
			c.feed(l, nil, false)
			l.current = nil
			return
		}
	}
	c.layers = nil
	l.opened(c)
}

// layered reports whether bytes go through layers.
func (c *Conn) layered() bool { return c.layers != nil && len(c.layers.chain) > 0 }

// opening reports whether the handler has to wait for layers.
func (c *Conn) opening() bool { return c.layers != nil && !c.layers.opened }

// step notes how far layer i, whose Input has just been called, is, and reports whether it is gone from the chain.
func (s *layering) step(i int) (gone bool) {
	state := s.chain[i].State()
	s.busy = state == LayerBusy
	switch state {
	case LayerOpen:
		s.open = max(s.open, i+1)
	case LayerDone:
		s.chain = slices.Delete(s.chain, i, i+1)
		s.started--
		return true
	}
	return false
}

// openHandler tells the handler that all layers are open. What they have said so far goes out in any case.
func (c *Conn) openHandler(l *Loop) {
	s := c.layers
	s.opened, s.timed = true, nil
	if len(s.chain) == 0 {
		s.encoded = 0 // without layers there is no difference
		if s.identity == nil && s.end == nil {
			c.layers = nil
		}
	}
	l.Cancel(&c.timer)
	if c.has(flagBlocked) && c.has(flagEstablished) {
		c.watchPeer(l)
	}
	current := l.current
	l.opened(c)
	l.current = current
	c.markDirty() // what the handler has written before had to wait
}

// limitOpening makes the timer bound the first layer that is not open, if it does not do that already.
func (c *Conn) limitOpening(l *Loop) {
	s := c.layers
	layer := s.chain[s.open]
	if s.timed == layer {
		return
	}
	s.timed = layer
	l.Cancel(&c.timer)
	if limit, _ := c.openingLimit(layer); limit > 0 {
		l.Schedule(&c.timer, limit)
	}
}

// openingLimit returns how long layer may be opening, 0 for ever, and what its being late is called.
func (c *Conn) openingLimit(layer Layer) (time.Duration, error) {
	if o, ok := layer.(OpeningLimiter); ok {
		return o.OpeningLimit()
	}
	if c.listener != nil {
		return c.listener.opts.ConnectTimeout, ErrConnectTimeout
	}
	return 0, ErrConnectTimeout
}

// openingExpired ends a connection whose layer has taken too long.
func (c *Conn) openingExpired(l *Loop) {
	_, err := c.openingLimit(c.layers.timed)
	if err != ErrConnectTimeout {
		l.stats.timeouts.Add(1) // that one is counted when the handler is told
	}
	c.Abort(err)
}

// pull is a connection whose layers have something to say.
type pull Conn

func (p *pull) Run(l *Loop) {
	c := (*Conn)(p)
	switch {
	case c.Loop() != l || c.has(flagMoving):
		c.PullLayers() // on its way to another loop
	case c.layered() && !c.has(flagGone|flagConnecting) && c.layers.end == nil:
		l.current = c
		c.feed(l, nil, true)
		l.current = nil
	}
}
