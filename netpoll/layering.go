package netpoll

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
	chain    []Layer // the lowest first
	identity *Identity
	encoded  int    // bytes of encoded chunks
	last     *chunk // the last encoded chunk; meaningless while encoded is 0
	end      error  // an Input has returned it; Close is due when the handler has seen what came before
	why      error  // what OnClose has heard: for the layers' Close
	opening  int    // layers of chain, from the lowest on, that are open or whose first Input was called
	opened   bool   // all layers are open, OnOpen was called
	farewell bool   // the layers' Close was called
}

// pull is a connection whose layers have something to say.
type pull Conn

func (p *pull) Run(l *Loop) {
	c := (*Conn)(p)
	if c.Loop() != l {
		c.PullLayers() // it has moved meanwhile
	}
}
