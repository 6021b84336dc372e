package engine

import (
	"net"
	"strconv"

	"github.com/vernemq/vmq/netpoll/tlslayer"
)

// OtherListener is a listener that another part of the process serves, such as one for HTTP, and that operators see and control
// like those of the broker. Its methods are for any goroutine, and must not call the broker's methods about listeners.
type OtherListener interface {
	// Info describes it as it is now. The name is that of Options, such as http.default.
	Info() ListenerInfo
	// Pause stops accepting; connections go on. Resume accepts again at the same address.
	Pause()
	Resume() error
	// Close stops accepting for ever and ends the connections, at once or soon.
	Close()
	// SetMaxConnections changes the limit; 0: none.
	SetMaxConnections(n int)
	// TLS is where its certificates are, which the broker reloads when their files change; nil for a plain listener.
	TLS() *tlslayer.Server
}

// AddListener makes a listener that listens already one of those that operators know, until DeleteListener, which closes it. A name or
// address that another listener has is an error, and l is as it was. Stop leaves such listeners alone, so that they can tell how it
// goes; their owner closes them. Any goroutine.
func (b *Broker) AddListener(l OtherListener) error {
	info := l.Info()
	o := ListenerOptions{Network: "tcp", Address: net.JoinHostPort(info.Address, strconv.Itoa(info.Port))}
	o.Name, o.Type = info.Name, info.Type
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.takenLocked(o); err != nil {
		return err
	}
	b.mu.listeners[o.Name] = &listener{options: o, other: l}
	return nil
}

// resume accepts again.
func (l *listener) resume() error {
	if l.other != nil {
		return l.other.Resume()
	}
	return l.socket.Resume()
}

// tls is the TLS side of the listener, or nil.
func (l *listener) tls() *tlslayer.Server {
	if l.other != nil {
		return l.other.TLS()
	}
	return l.front.tls
}
