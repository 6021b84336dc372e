package session

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/metric"
	"github.com/vernemq/vmq/netpoll"
)

// state is where a connection stands.
type state uint8

const (
	awaitConnect   state = iota // nothing received yet, or a hook decides about the CONNECT; the connect timeout runs
	authenticating              // enhanced authentication has steps to go
	registering                 // CONNECT accepted; on the way to the client's home loop
	connected                   // CONNACK sent
	ended                       // detached from its client; only the socket is left, if that
)

// Session is one connection of a client. It belongs to the loop of its connection, which is the client's home loop from
// state connected on; all fields and methods are for that loop only.
type Session struct {
	conn     *netpoll.Conn
	local    *Local
	client   *Client   // set from registering on
	settings *Settings // the broker's, or a copy with what auth_on_register changed
	listener *Listener
	identity *hook.Identity // for hooks; nil until needed, but for what identity.go says
	user     *string        // user name of the identity while that is nil; nil: none
	extras   *extras        // never nil

	timer      netpoll.Timer
	wake       time.Duration // loop time at which timer fires, while it is armed
	lastPacket time.Duration // loop time of the last complete packet, for keep-alive

	state    state
	version  codec.Version
	bridge   bool  // protocol level 131 or 132
	clean    bool  // clean session, clean start
	blocked  bool  // nothing may be delivered: max_online_messages = 0
	unproven bool  // what is to be sent again may not be on disk; see proven
	repeated bool  // something was sent again on this connection, so that answers may come twice
	present  bool  // CONNACK says session present
	opened   bool  // OnOpen was called: no TLS handshake or the like failed before
	paused   pause // why the client is not read from; 0: it is

	keepAlive     uint16   // seconds; 0: none
	noProblemInfo bool     // MQTT 5 Request Problem Information = 0
	sendMax       uint16   // most QoS 1 and 2 messages unacknowledged at once
	acknowledged  uint32   // messages of QoS 1 and 2 that the client has acknowledged on this connection
	unanswered    uint32   // answers to the client that wait for the store
	unsent        int      // messages of the window that this connection has not sent yet
	will          *will    // nil: none
	lag           *lagging // nil: not behind
	maxPacket     uint32   // the client's Maximum Packet Size; 0: none
	expiryAsked   uint32   // MQTT 5 session expiry interval in seconds
	assigned      bool     // the broker made the client id
	held          uint16   // QoS 2 messages of the window that are not sent before they are stored
	started       uint32   // Local.tick when it was attached
}

// Listener is how sessions see the listener they came through.
type Listener struct {
	ListenerSettings
	Mountpoint *Mountpoint

	described *hook.Listener
	chains    atomic.Pointer[chains]
}

// NewListener describes a listener to its sessions.
func NewListener(o ListenerSettings, m *Mountpoint) *Listener {
	if o.Type == "" {
		o.Type = "mqtt"
	}
	return &Listener{ListenerSettings: o, Mountpoint: m, described: &hook.Listener{
		Name: o.Name, Address: o.Address, Type: o.Type, Forward: o.ForwardConnectionOpts,
	}}
}

// New makes the handler of a connection that was just accepted; the connection's loop calls it.
func New(c *netpoll.Conn, local *Local, listener *Listener) *Session {
	s := &Session{conn: c, local: local, listener: listener, settings: local.Node.Settings(), extras: &none}
	s.timer.Init(s)
	return s
}

// OnOpen only counts: the client speaks first.
func (s *Session) OnOpen(*netpoll.Conn) {
	s.opened = true
	s.local.Counters.SocketOpen++
	s.local.Connections.opened(s.listener)
}

// OnTraffic takes what the client sent, as far as it makes whole packets.
func (s *Session) OnTraffic(_ *netpoll.Conn, b []byte) int {
	n := s.receive(b)
	s.local.Counters.BytesReceived += uint64(n)
	return n
}

// OnDrain sends what waited because the client did not read.
func (s *Session) OnDrain(*netpoll.Conn) { s.pump() }

// OnClose ends the session if that has not happened yet: the client went away without a DISCONNECT.
func (s *Session) OnClose(c *netpoll.Conn, err error) {
	if s.state == awaitConnect && err != nil && len(c.Layers()) > 0 {
		s.neverCame(err)
	}
	if s.opened {
		s.local.countClose(err)
		s.local.Connections.closed(s.listener)
	}
	s.detach(endLost)
}

// neverCame tells why a connection ended before its CONNECT, where the reason may be a certificate or a proxy rather than MQTT. One
// that just ends is a health check as often as not.
func (s *Session) neverCame(err error) {
	if err == io.EOF || errors.Is(err, netpoll.ErrServerClosed) || errors.Is(err, netpoll.ErrListenerClosed) {
		return
	}
	if n, ok := s.local.refusals.allow(s.local.Loop.NowUnix()); ok {
		s.local.Logger.Warn("connection ended before CONNECT", "peer", s.conn.RemoteAddr(), "listener", s.listener.Name, "reason", err,
			"unlogged", n)
	}
}

// family is the version as metrics tell it apart.
func (s *Session) family() metric.Version { return metric.VersionOf(byte(s.version)) }
