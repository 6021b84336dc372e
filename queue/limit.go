package queue

// Limit bounds a ring and says what goes when it is full.
type Limit struct {
	// Max is the number of items: max_online_messages or max_offline_messages. -1: no limit; 0: nothing is queued.
	Max int
	// LIFO (queue_type = lifo): the newest item leaves first, and the oldest is dropped when the ring is full. Otherwise (fifo)
	// the oldest leaves first, and the arriving one is dropped.
	LIFO bool
}

// Refuses says whether Offer would give the arriving item back, with n items queued already.
func (l Limit) Refuses(n int) bool { return l.Max >= 0 && n >= l.Max && (l.Max == 0 || !l.LIFO) }

// Offer queues it within the limit. If an item had to go (which may be it itself), that item is returned with its
// reference and dropped is true.
func (r *Ring) Offer(b *Buffers, it Item, l Limit) (victim Item, dropped bool) {
	if l.Max < 0 || int(r.n) < l.Max {
		r.Push(b, it)
		return Item{}, false
	}
	if l.Max == 0 || !l.LIFO {
		return it, true
	}
	victim = r.PopFront(b)
	r.Push(b, it)
	return victim, true
}

// Next takes the item out that is to be delivered next; the ring must not be empty.
func (r *Ring) Next(b *Buffers, l Limit) Item {
	if l.LIFO {
		return r.PopBack(b)
	}
	return r.PopFront(b)
}

// PeekNext is the item that Next would take.
func (r *Ring) PeekNext(l Limit) *Item {
	if l.LIFO {
		return r.Back()
	}
	return r.Front()
}

// Excess takes out what a smaller limit has no room for, one item a call: the youngest for fifo, the oldest for lifo. The
// reference goes to the caller.
func (r *Ring) Excess(b *Buffers, l Limit) (victim Item, ok bool) {
	if l.Max < 0 || int(r.n) <= l.Max {
		return Item{}, false
	}
	if l.LIFO {
		return r.PopFront(b), true
	}
	return r.PopBack(b), true
}
