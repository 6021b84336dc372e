package netpoll

// Handler gets what happens on a connection. All methods are called on the loop of the connection, never two at once, and
// never from inside a method of Conn: what Conn.Close or Conn.Resume bring about comes after the callback that called them
// has returned.
type Handler interface {
	// OnOpen is called once, before all others, when the connection can be used: when all its layers are open.
	OnOpen(c *Conn)
	// OnTraffic hands over bytes from the peer and returns how many of them it consumed. What is not consumed is kept and
	// comes again in front of what follows. b is valid until the call returns.
	//
	// It is called again when more bytes have arrived, or, with the same bytes, after Pause and Resume.
	OnTraffic(c *Conn, b []byte) (consumed int)
	// OnDrain is called when Conn.Full has reported true and the pending output has fallen below Options.LowWater since.
	OnDrain(c *Conn)
	// OnClose is called once, after all others. err is nil if the connection was closed with Close(nil), io.EOF if the peer
	// closed it, else why it ended. Nothing can be written any more. A connection that Dial could not establish, or whose
	// layers did not open, hears OnClose without OnOpen.
	OnClose(c *Conn, err error)
}

// Releaser is told when a payload given to Conn.WriteShared is not needed any more.
type Releaser interface {
	// Release is called exactly once for each WriteShared, on the loop of the connection.
	Release()
}

// Task is work for a loop.
type Task interface {
	// Run is called on the loop's goroutine and must not block.
	Run(l *Loop)
}

// TimerTarget is told when a Timer is due.
type TimerTarget interface {
	// OnTimer is called on the loop's goroutine. t is not armed any more and may be scheduled again.
	OnTimer(l *Loop, t *Timer)
}
