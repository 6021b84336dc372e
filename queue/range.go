package queue

// Range calls yield for each item from the oldest on, until it returns false. Use it as a range-over-func. The messages remain
// the ring's, which must not change meanwhile.
func (r *Ring) Range(yield func(Item) bool) {
	for i := range r.n {
		if !yield(r.buf[(r.head+i)&uint32(len(r.buf)-1)]) {
			return
		}
	}
}
