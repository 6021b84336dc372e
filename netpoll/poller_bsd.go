//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package netpoll

import (
	"errors"

	gneterrors "github.com/panjf2000/gnet/v2/pkg/errors"
	gnetpoll "github.com/panjf2000/gnet/v2/pkg/netpoll"
)

// writeStaysArmed: a kqueue write filter reports each time the peer has taken something, even with EV_CLEAR, so it must go
// when no output waits.
const writeStaysArmed = false

// poller is kqueue, by gnet. It calls back for each event and does not tell when it has no more, so a turn ends after each one, and a
// loop that has something left to do wakes itself before gnet waits.
//
// Wake-ups do not use gnet's queue of tasks: it is run until it is empty, so a loop that wakes itself, because a connection has
// more input than one read takes, would never get back to the events of the others. The bell is a descriptor like any other,
// whose event takes its turn among theirs.
type poller struct {
	p    *gnetpoll.Poller
	loop *Loop
	bell bell
}

func openPoller() (*poller, error) {
	p, err := gnetpoll.OpenPoller()
	if err != nil {
		return nil, err
	}
	b, err := openBell()
	if err != nil {
		_ = p.Close()
		return nil, err
	}
	if err := p.AddRead(&gnetpoll.PollAttachment{FD: b.fd()}, true); err != nil {
		b.close()
		_ = p.Close()
		return nil, err
	}
	return &poller{p: p, bell: b}, nil
}

func (p *poller) close() {
	p.bell.close()
	_ = p.p.Close()
}

func (p *poller) bind(l *Loop) { p.loop = l }

func (p *poller) run() error {
	l := p.loop
	err := p.p.Polling(func(fd int, ev gnetpoll.IOEvent, flags gnetpoll.IOFlags) error {
		l.woken()
		if fd == p.bell.fd() {
			p.bell.heard()
		} else {
			l.onEvent(fd, readinessOf(ev, flags))
		}
		l.finish()
		switch {
		case l.ending:
			return gneterrors.ErrEngineShutdown
		case !l.rest():
			p.bell.ring()
		}
		return nil
	})
	if errors.Is(err, gneterrors.ErrEngineShutdown) {
		return nil
	}
	return err
}

func (p *poller) wake() { p.bell.ring() }

func (p *poller) add(fd int) error {
	return p.p.AddRead(&gnetpoll.PollAttachment{FD: fd}, true)
}

func (p *poller) addBoth(fd int) error {
	return p.p.AddReadWrite(&gnetpoll.PollAttachment{FD: fd}, true)
}

func (p *poller) armWrite(fd int) error {
	return p.p.ModReadWrite(&gnetpoll.PollAttachment{FD: fd}, true)
}

func (p *poller) disarmWrite(fd int) error {
	return p.p.ModRead(&gnetpoll.PollAttachment{FD: fd}, true)
}

// remove does not work with gnet's kqueue: events go on to come and must be ignored; edge triggering keeps them from coming for ever.
func (p *poller) remove(fd int) error { return p.p.Delete(fd) }

// readinessOf translates an event of kqueue. EV_EOF comes with either filter.
func readinessOf(ev gnetpoll.IOEvent, flags gnetpoll.IOFlags) (r readiness) {
	if gnetpoll.IsReadEvent(ev) {
		r |= canRead
	}
	if gnetpoll.IsWriteEvent(ev) {
		r |= canWrite
	}
	if gnetpoll.IsErrorEvent(ev, flags) {
		r |= hangup
	}
	return r
}
