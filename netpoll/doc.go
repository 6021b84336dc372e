// Package netpoll is the reactor: it owns sockets, moves bytes, keeps time and carries work between loops. It knows no
// MQTT.
//
// # Shape
//
// A Server runs one Loop per core. A Loop is one goroutine around one epoll or kqueue poller; a Conn and everything its
// Handler owns belongs to the loop of that connection, so no state needs a lock. What another goroutine wants of a loop it
// puts into the loop's mailbox (Loop.Post).
//
//	          accept.go            conn.go
//	Listener ──────────▶ Conn ──────────────────────────────────────────────┐
//	                      │ event: readable                                 │
//	                      ▼                                                 │
//	  read.go     the loop's one read buffer: kept tail + what was read     │
//	                      │                                                 │
//	                      ▼                                                 │
//	  climb.go            PROXY, TLS, WebSocket if the listener has         │
//	                      layers (layer.go); descend.go on the way out      │
//	                      │                                                 │
//	                      ▼                                                 │
//	  Handler     OnTraffic(c, b) consumes packets, writes to any Conn of   │
//	              this loop (write.go), calls Touch for work at turn's end  │
//	                      │                                                 │
//	                      ▼                                                 ▼
//	  turn.go     turn end: OnTurnEnd funcs (may Post to other loops),  close.go: OnClose,
//	              then one writev for each connection that was written  lingering close
//
// # Turns
//
// A turn is what a loop does between two looks at its poller: the events that were there, the tasks of the mailbox, due timers. Connections
// that were written to are collected and flushed once when the turn ends. While there is something to do the loop does not sleep, and
// nobody needs to wake it.
//
// # Listeners that change
//
// A listener can be paused and resumed, given another limit (adjust.go), and closed with all its connections, in steps that leave room
// for everybody else (walk.go).
//
// # What an idle connection costs
//
// One Conn and eight bytes in the table of descriptors. The read buffer belongs to the loop; a connection holds a buffer of
// its own only while an incomplete packet waits for its rest, and output chunks only while output waits for the kernel.
//
// # Edge triggering
//
// Sockets are registered edge-triggered, because then pausing and resuming a connection, and waiting for room in a send
// buffer, cost no system call, and because gnet's kqueue poller offers no way to take a socket out again. The price is that
// the loop itself must remember that a socket may hold more input than one read took (Conn.flags, again list in turn.go).
//
// # Caveats
//
//   - The slice given to OnTraffic is valid until that call returns. Builds with the tag invariants overwrite it then.
//   - Methods of Conn and Loop are for the loop's goroutine unless they say "any goroutine". Builds with the tag invariants
//     check it in Loop.Check.
//   - A callback must not block: everything else on that loop waits for it.
package netpoll
