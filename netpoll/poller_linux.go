package netpoll

import (
	"fmt"
	"os"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// writeStaysArmed: an edge-triggered epoll registration for room reports only after a write found none, so that it need not
// be taken back when the output is out.
const writeStaysArmed = true

const (
	epollRead  = unix.EPOLLIN | unix.EPOLLPRI | unix.EPOLLRDHUP | unix.EPOLLET
	epollWrite = unix.EPOLLOUT
)

// yieldEvery is half of the time for which Go's scheduler lets a goroutine run. From the one that goes on for longer it takes the processor
// away, even while that only waits for events, and then looks every 20 µs for a while whether there is another one to take it from.
const yieldEvery = 5 * time.Millisecond

// pollEvents is how many events one turn serves at most.
const pollEvents = 256

// poller is epoll.
//
// It is not gnet's, whose loop calls back for each event and does not tell when it has no more: a turn that is to end there has to
// wake itself, which is a write and one more wait. And before each wait that may block it yields to Go's scheduler, which wakes a thread
// for nothing wherever a processor is free.
type poller struct {
	fd      int
	loop    *Loop
	bell    bell
	yielded time.Duration // Loop.now of the last time that others had their turn
	events  [pollEvents]unix.EpollEvent
}

func openPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	b, err := openBell()
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	p := &poller{fd: fd, bell: b}
	if err := p.add(b.fd()); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *poller) close() {
	p.bell.close()
	_ = unix.Close(p.fd)
}

func (p *poller) bind(l *Loop) { p.loop = l }

func (p *poller) run() error {
	l := p.loop
	for !l.ending {
		n, err := p.wait()
		if err != nil {
			return os.NewSyscallError("epoll_wait", err)
		}
		for i := range p.events[:n] {
			if e := &p.events[i]; int(e.Fd) != p.bell.fd() {
				l.onEvent(int(e.Fd), readinessOf(e.Events))
			}
		}
		l.finish()
	}
	return nil
}

// wait fills events. It sleeps until there are some, or until the bell rings, if the loop may rest.
func (p *poller) wait() (n int, err error) {
	if p.loop.now-p.yielded >= yieldEvery {
		p.yielded = p.loop.now
		runtime.Gosched()
	}
	// Without telling Go's scheduler, which is for calls that may take long: the loop of a busy broker never gets further.
	m, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events)), pollEvents, 0, 0, 0)
	if errno == 0 && (m > 0 || !p.loop.rest()) {
		return int(m), nil
	}
	if errno == 0 {
		n, err = unix.EpollWait(p.fd, p.events[:], -1)
		p.loop.woken()
	} else {
		err = errno
	}
	if err == unix.EINTR {
		return 0, nil
	}
	return n, err
}

func (p *poller) wake() { p.bell.ring() }

func (p *poller) add(fd int) error { return p.control(unix.EPOLL_CTL_ADD, fd, epollRead) }

func (p *poller) addBoth(fd int) error {
	return p.control(unix.EPOLL_CTL_ADD, fd, epollRead|epollWrite)
}

func (p *poller) armWrite(fd int) error {
	return p.control(unix.EPOLL_CTL_MOD, fd, epollRead|epollWrite)
}

func (p *poller) disarmWrite(fd int) error { return p.control(unix.EPOLL_CTL_MOD, fd, epollRead) }

func (p *poller) remove(fd int) error { return p.control(unix.EPOLL_CTL_DEL, fd, 0) }

func (p *poller) control(op, fd int, events uint32) error {
	if err := unix.EpollCtl(p.fd, op, fd, &unix.EpollEvent{Fd: int32(fd), Events: events}); err != nil {
		return fmt.Errorf("epoll_ctl of descriptor %d: %w", fd, err)
	}
	return nil
}

// readinessOf translates an event of epoll. Urgent data counts as hang-up, because a read stops short of it though more has arrived; see
// Conn.read.
func readinessOf(ev uint32) (r readiness) {
	if ev&(unix.EPOLLIN|unix.EPOLLPRI) != 0 {
		r |= canRead
	}
	if ev&unix.EPOLLOUT != 0 {
		r |= canWrite
	}
	if ev&(unix.EPOLLERR|unix.EPOLLHUP|unix.EPOLLRDHUP|unix.EPOLLPRI) != 0 {
		r |= hangup
	}
	return r
}
