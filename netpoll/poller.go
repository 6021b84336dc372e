package netpoll

import (
	"errors"

	gneterrors "github.com/panjf2000/gnet/v2/pkg/errors"
	gnetpoll "github.com/panjf2000/gnet/v2/pkg/netpoll"
)

// readiness is what a poller reports of a descriptor.
type readiness uint8

const (
	canRead readiness = 1 << iota
	canWrite
	hangup // error, reset, or end of input, a read tells which; no later edge may come for what is unread
)

// poller is gnet's poller behind the few calls that this package needs. All registrations are edge-triggered.
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

// bind sets the loop that gets events and wake-ups. Before run and wake.
func (p *poller) bind(l *Loop) { p.loop = l }

// run serves events until the loop is ending.
func (p *poller) run() error {
	l := p.loop
	err := p.p.Polling(func(fd int, ev gnetpoll.IOEvent, flags gnetpoll.IOFlags) error {
		if fd != p.bell.fd() {
			l.onEvent(fd, readinessOf(ev, flags))
			return nil
		}
		p.bell.heard()
		l.onWake()
		if l.ending {
			return gneterrors.ErrEngineShutdown
		}
		return nil
	})
	if errors.Is(err, gneterrors.ErrEngineShutdown) {
		return nil
	}
	return err
}

// wake makes the loop run onWake soon. Any goroutine.
func (p *poller) wake() { p.bell.ring() }

// add registers fd for input and hang-up.
func (p *poller) add(fd int) error {
	return p.p.AddRead(&gnetpoll.PollAttachment{FD: fd}, true)
}

// addBoth registers fd for input, hang-up and room for output.
func (p *poller) addBoth(fd int) error {
	return p.p.AddReadWrite(&gnetpoll.PollAttachment{FD: fd}, true)
}

// armWrite adds room for output to what fd is registered for. If there is room, an event comes at once.
func (p *poller) armWrite(fd int) error {
	return p.p.ModReadWrite(&gnetpoll.PollAttachment{FD: fd}, true)
}

// disarmWrite takes it away again. Where staying armed costs nothing it is not called.
func (p *poller) disarmWrite(fd int) error {
	return p.p.ModRead(&gnetpoll.PollAttachment{FD: fd}, true)
}

// remove takes fd out. gnet's kqueue poller cannot: there events go on to come and must be ignored; edge triggering keeps
// them from coming for ever.
func (p *poller) remove(fd int) error { return p.p.Delete(fd) }
