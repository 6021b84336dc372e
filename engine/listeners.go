package engine

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/netpoll/tlslayer"
)

// Errors of listeners. The error that a method returns names the listener, and what would be right.
var (
	ErrUnknownListener = errors.New("there is no such listener")
	ErrListenerExists  = errors.New("a listener with this name or address exists")
)

// localPrefix stands before the path of a unix socket where operators see or write an address.
const localPrefix = "local:"

// ListenerInfo is what an operator can see of one listener.
type ListenerInfo struct {
	// Name in the configuration, such as tcp.default.
	Name string
	// Type is mqtt, mqtts, mqttws or mqttwss; http or https for those of AddListener.
	Type string
	// Running is false for a listener that was stopped and goes on with its connections; operators know it as suspended.
	Running bool
	// Address is an IP address, or local: and the path of a unix socket, whose Port is 0.
	Address string
	Port    int
	// Mountpoint of its clients; empty for the default one.
	Mountpoint string
	// MaxConnections at once; 0: no limit.
	MaxConnections int
	// ActiveConnections count against the limit. AllConnections are all that are open; for MQTT they are the same.
	ActiveConnections, AllConnections int
	// Versions are the protocol levels that may connect; AllowAnonymous is allow_anonymous_override.
	Versions       session.Versions
	AllowAnonymous bool
	// TLS are the options of a TLS listener, not to be changed; nil for others. IdentityAsUsername is use_identity_as_username.
	TLS                *tlslayer.Options
	IdentityAsUsername bool
}

// listener is one that the broker knows, running or stopped.
type listener struct {
	options ListenerOptions
	socket  *netpoll.Listener
	front   *front
	other   OtherListener // nil, or in place of socket and front
}

func (l *listener) info() ListenerInfo {
	if l.other != nil {
		return l.other.Info()
	}
	o := l.socket.Options()
	n := l.socket.Active()
	info := ListenerInfo{
		Name: l.options.Name, Type: l.options.Type, Running: l.socket.Running(),
		Mountpoint: l.options.Mountpoint, MaxConnections: o.MaxConnections,
		ActiveConnections: n, AllConnections: n,
		Versions: l.options.Versions, AllowAnonymous: l.options.AllowAnonymous,
		TLS: l.options.TLS, IdentityAsUsername: l.options.IdentityAsUsername,
	}
	switch at := l.socket.Addr().(type) {
	case *net.TCPAddr:
		ip := at.AddrPort()
		info.Address, info.Port = ip.Addr().Unmap().String(), int(ip.Port())
	case *net.UnixAddr:
		info.Address = localPrefix + at.Name
	}
	return info
}

// is says whether which, a name or an address, means the listener.
func (l *listener) is(which string) bool {
	if which == l.options.Name {
		return true
	}
	info := l.info()
	if path, local := strings.CutPrefix(which, localPrefix); local {
		return info.Address == localPrefix+strings.TrimSuffix(path, ":0")
	}
	at, err := netip.ParseAddrPort(which)
	return err == nil && at.Addr().Unmap().String() == info.Address && int(at.Port()) == info.Port
}

// defaultConnectTimeout is mqtt_connect_timeout.
const defaultConnectTimeout = 5 * time.Second

// Listen accepts MQTT clients at o.Address, over TCP or a unix socket [MQTT-4.2.0-1], from now on, until StopListener or DeleteListener. Without a name the listener is
// known by its address. A name or address that is in use, or an address that cannot be bound, is an error that names the
// listener, and the other listeners are not affected. Any goroutine, before or after Start.
func (b *Broker) Listen(o ListenerOptions) (*netpoll.Listener, error) {
	if o.Type == "" {
		o.Type = o.kind()
	}
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = defaultConnectTimeout
	}
	if o.Versions == 0 {
		o.Versions = session.DefaultVersions
	}
	if o.Name == "" {
		o.Name = o.Address
	}
	front, err := b.newFront(&o)
	if err != nil {
		return nil, listenError(o, err)
	}
	accept := b.Acceptor(o.ListenerSettings)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.takenLocked(o); err != nil {
		return nil, err
	}
	l, err := b.server.Listen(netpoll.ListenerOptions{
		Name: o.Name, Network: o.Network, Address: o.Address,
		MaxConnections: o.MaxConnections, ConnectTimeout: o.ConnectTimeout,
		Backlog: o.Backlog, SendBuffer: o.SendBuffer, ReceiveBuffer: o.ReceiveBuffer,
		Layers: front.layers(), Accept: accept,
	})
	if err != nil {
		return nil, listenError(o, err)
	}
	b.mu.listeners[o.Name] = &listener{options: o, socket: l, front: front}
	return l, nil
}

// StartListener is Listen for an operator, who wants to know what became of it.
func (b *Broker) StartListener(o ListenerOptions) (ListenerInfo, error) {
	socket, err := b.Listen(o)
	if err != nil {
		return ListenerInfo{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.mu.listeners[socket.Name()]; l != nil {
		return l.info(), nil
	}
	return ListenerInfo{}, fmt.Errorf("listener %q was deleted while it started: %w", socket.Name(), ErrUnknownListener)
}

// takenLocked returns the error of a listener whose name or address another one has. b.mu is held.
func (b *Broker) takenLocked(o ListenerOptions) error {
	if _, taken := b.mu.listeners[o.Name]; taken {
		return fmt.Errorf("listener %q: %w: choose another name, or delete that one first", o.Name, ErrListenerExists)
	}
	address := o.Address
	if o.Network == "unix" {
		address = localPrefix + address
	}
	if at, err := netip.ParseAddrPort(address); err == nil && at.Port() == 0 {
		return nil // the kernel chooses a port of its own for each
	}
	for _, other := range b.mu.listeners {
		if other.is(address) {
			return fmt.Errorf("listener %q on %s: %w: listener %q has this address; choose another one, or delete that one first",
				o.Name, address, ErrListenerExists, other.options.Name)
		}
	}
	return nil
}

// listenError says which listener could not be opened, and what would help.
func listenError(o ListenerOptions, err error) error {
	return fmt.Errorf("listener %q on %s: %w%s", o.Name, o.Address, err, ListenHelp(err))
}

// ListenHelp is what an operator can do about an error of opening a listener, to be put behind it; empty where that is not known.
func ListenHelp(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "; another program or listener has this port: stop it, or choose another port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "; this machine has no such address: name one of its own, or 0.0.0.0 for all of them"
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return "; ports below 1024 need the right to bind them, and unix sockets a directory that the broker may write to"
	}
	return ""
}

// Listeners are the listeners that run or were stopped, sorted by address and port. Any goroutine.
func (b *Broker) Listeners() []ListenerInfo {
	b.mu.Lock()
	all := make([]ListenerInfo, 0, len(b.mu.listeners))
	for _, l := range b.mu.listeners {
		all = append(all, l.info())
	}
	b.mu.Unlock()
	slices.SortFunc(all, func(a, c ListenerInfo) int {
		return cmp.Or(strings.Compare(a.Address, c.Address), a.Port-c.Port)
	})
	return all
}

// StopListener stops accepting. which is the listener's name, ip:port, or local: and the path of a unix socket. Without kill the
// connections go on, and RestartListener accepts again. With kill it does what DeleteListener does. Any goroutine.
func (b *Broker) StopListener(which string, kill bool) error {
	if kill {
		return b.DeleteListener(which)
	}
	return b.withListener(which, func(l *listener) error {
		if l.other != nil {
			l.other.Pause()
			return nil
		}
		l.socket.Pause()
		return nil
	})
}

// RestartListener accepts again after StopListener. A listener that runs goes on. An address that somebody else has taken
// meanwhile is an error, and the listener stays stopped. Any goroutine.
func (b *Broker) RestartListener(which string) error {
	return b.withListener(which, func(l *listener) error {
		if err := l.resume(); err != nil {
			return listenError(l.options, err)
		}
		return nil
	})
}

// DeleteListener removes a listener, running or stopped, and ends its connections: MQTT 5 clients are told of an administrative
// action, wills are published, connections without a session are closed. Its address is free when this returns; the connections
// end in the course of the next turns of their loops. Any goroutine.
func (b *Broker) DeleteListener(which string) error {
	return b.withListener(which, func(l *listener) error {
		delete(b.mu.listeners, l.options.Name)
		if l.other != nil {
			l.other.Close()
			return nil
		}
		l.socket.CloseWith(endConnection)
		return nil
	})
}

// SetMaxConnections changes the limit of a listener at once; 0: none. Connections beyond it stay. Any goroutine.
func (b *Broker) SetMaxConnections(which string, n int) error {
	return b.withListener(which, func(l *listener) error {
		if l.other != nil {
			l.other.SetMaxConnections(max(n, 0))
			return nil
		}
		l.socket.SetMaxConnections(max(n, 0))
		return nil
	})
}

// SetConnectTimeout changes the time until CONNECT must be complete, for connections from now on of the listeners that there are;
// 0 or less closes each at once. Any goroutine.
func (b *Broker) SetConnectTimeout(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.mu.listeners {
		if l.socket != nil {
			l.socket.SetConnectTimeout(d)
		}
	}
}

// withListener calls f for the listener that which means, with b.mu held.
func (b *Broker) withListener(which string, f func(*listener) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.mu.listeners[which]; l != nil {
		return f(l)
	}
	known := make([]string, 0, len(b.mu.listeners))
	for name, l := range b.mu.listeners {
		if l.is(which) {
			return f(l)
		}
		known = append(known, name)
	}
	slices.Sort(known)
	return fmt.Errorf("listener %q: %w; the names are %s", which, ErrUnknownListener, cmp.Or(strings.Join(known, ", "), "none"))
}

var errListenerDeleted = errors.New("the listener was deleted")

// endConnection ends a connection of a listener that was deleted, on the connection's loop.
func endConnection(c *netpoll.Conn) {
	if s, ok := c.Handler().(*session.Session); ok {
		s.End(codec.AdministrativeAction, errListenerDeleted)
		return
	}
	c.Close(netpoll.ErrListenerClosed)
}
