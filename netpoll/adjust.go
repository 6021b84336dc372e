package netpoll

import "time"

// SetMaxConnections changes ListenerOptions.MaxConnections of a listener that may be running; 0: no limit. Connections beyond a
// smaller limit stay, and the next one is accepted when their number is below it. Any goroutine.
func (ln *Listener) SetMaxConnections(n int) {
	ln.mu.Lock()
	ln.opts.MaxConnections = n
	ln.mu.Unlock()
	// Whoever waits at the old limit noted that under mu, so it is seen here.
	if ln.full.Load() {
		ln.loop.Post((*acceptTask)(ln))
	}
}

// SetConnectTimeout changes ListenerOptions.ConnectTimeout, for connections that come from now on. 0 or less gives them no time
// at all; only a listener that was made without a timeout has none. Any goroutine.
func (ln *Listener) SetConnectTimeout(d time.Duration) { ln.connectTimeout.Store(int64(max(d, 1))) }

// patience is the connect timeout in force; 0: none.
func (ln *Listener) patience() time.Duration { return max(time.Duration(ln.connectTimeout.Load()), 0) }

// belowLimit says whether one more connection may be accepted. mu is held.
func (ln *Listener) belowLimit() bool {
	limit := ln.opts.MaxConnections
	return limit <= 0 || ln.Active() < limit
}
