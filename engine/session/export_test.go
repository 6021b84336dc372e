package session

// Await lets do wait for the store as an answer does. On the loop.
func (l *Local) Await(do func()) { l.storage.await(pendingAnswer{do: do}) }
