package netpoll

import (
	"sync"
	"sync/atomic"
)

// connTable finds the connection of a descriptor. One table serves all loops, because descriptors are numbered for the whole
// process: a table for each loop would cost eight bytes per connection and loop. Slots are atomic because a descriptor that
// one loop has closed may be another loop's a moment later, and an event for its first life may still be on its way.
type connTable struct {
	pages atomic.Pointer[[]*connPage] // replaced to grow; pages themselves stay
	mu    sync.Mutex                  // one who grows at a time
}

// connPageSize is the number of descriptors in a page: 8 KiB.
const connPageSize = 1024

type connPage [connPageSize]atomic.Pointer[Conn]

// get returns the connection of fd or nil. Any goroutine.
func (t *connTable) get(fd int) *Conn {
	pages := t.pages.Load()
	if pages == nil || uint(fd)/connPageSize >= uint(len(*pages)) {
		return nil
	}
	return (*pages)[uint(fd)/connPageSize][uint(fd)%connPageSize].Load()
}

// set makes c, which may be nil, the connection of fd. Any goroutine.
func (t *connTable) set(fd int, c *Conn) {
	at := uint(fd) / connPageSize
	pages := t.pages.Load()
	if pages == nil || at >= uint(len(*pages)) {
		pages = t.grow(at + 1)
	}
	(*pages)[at][uint(fd)%connPageSize].Store(c)
}

// grow makes sure that there are n pages.
func (t *connTable) grow(n uint) *[]*connPage {
	t.mu.Lock()
	defer t.mu.Unlock()
	var old []*connPage
	if p := t.pages.Load(); p != nil {
		old = *p
	}
	if uint(len(old)) >= n {
		return t.pages.Load()
	}
	pages := make([]*connPage, n)
	for i := copy(pages, old); i < len(pages); i++ {
		pages[i] = new(connPage)
	}
	t.pages.Store(&pages)
	return &pages
}

// each calls fn for every connection that was there when it began; those that come or go meanwhile it may or may not see.
func (t *connTable) each(fn func(c *Conn)) {
	pages := t.pages.Load()
	if pages == nil {
		return
	}
	for _, page := range *pages {
		for i := range page {
			if c := page[i].Load(); c != nil {
				fn(c)
			}
		}
	}
}
