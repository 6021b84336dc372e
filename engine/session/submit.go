package session

// Submit publishes p below m for somebody who has no session, and calls done when that may be acknowledged: at once, or, where p went into the
// queue of a stored session or is retained, when it is durable. done is called on the loop, and never if the broker stops before.
// The slices of p may be reused when Submit returns. On the loop.
func (l *Local) Submit(m *Mountpoint, p *Publication, done func()) {
	st := l.storage
	if st == nil {
		l.Publish(m, p)
		done()
		return
	}
	st.kept = false
	l.Publish(m, p)
	if st.kept {
		st.kept = false
		st.await(pendingAnswer{do: done})
		return
	}
	done()
}
