package metric

import (
	"slices"
	"sync"
)

// Provider returns the series of a part that comes and goes, such as a plugin. It may be called on any goroutine, a loop's included,
// so it must not block; what it returns is the caller's.
type Provider func() []Series

// Providers are those that are there now. The zero value has none. Its methods are for any goroutine.
type Providers struct {
	mu struct {
		sync.Mutex
		list []*Provider
	}
}

// Add makes the series of f part of what is shown until remove is called.
func (p *Providers) Add(f Provider) (remove func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.list = append(p.mu.list, &f)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.mu.list = slices.DeleteFunc(slices.Clone(p.mu.list), func(g *Provider) bool { return g == &f })
	}
}

// Series asks all of them. One that panics has none and costs the others nothing.
func (p *Providers) Series() (all []Series) {
	p.mu.Lock()
	list := slices.Clip(p.mu.list)
	p.mu.Unlock()
	for _, f := range list {
		all = append(all, ask(*f)...)
	}
	return all
}

func ask(f Provider) (series []Series) {
	defer func() {
		if recover() != nil {
			series = nil
		}
	}()
	return f()
}
