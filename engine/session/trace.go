package session

import (
	"net/netip"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
)

// Tracer is told what the clients that it chooses send, are sent, and make the broker ask plugins. Its methods are called on the
// loops, on all of them at once, so they must be quick and may not wait; slices and pointers are valid for the call only.
type Tracer interface {
	// Traces says whether the client of that name is one of them.
	Traces(mountpoint, clientID string) bool
	// Received is told of a packet before it is checked or handled.
	Received(c *Traced, f codec.Frame)
	// Sent is told of a whole packet, header included, whose payload may stand apart; payload is nil otherwise.
	Sent(c *Traced, packet, payload []byte)
	// Asked is told that a conditional hook is called. arg is what the plugins get.
	Asked(c *Traced, name hook.Name, arg any)
	// Answered is told what came of it: a pointer to the changes, which may be nil, or an error.
	Answered(c *Traced, name hook.Name, result any, err error)
	// Renamed is told that a plugin gave the client another name, under which its session goes on.
	Renamed(c *Traced, to hook.SubscriberID)
	// Ended is told that a session is over.
	Ended(c *Traced)
}

// Traced says which session something is told about.
type Traced struct {
	hook.SubscriberID
	// Peer is the address of the client, which tells sessions of one client apart; invalid for a unix socket.
	Peer    netip.AddrPort
	Version codec.Version
}

// SetTracer puts t in force for the sessions of the loop; nil: none. On the loop.
func (l *Local) SetTracer(t Tracer) { l.tracer = t }

// traced says who the session is, and whether the tracer wants to know of it. It is called only while there is one. A client has no
// record before its CONNECT is accepted, and its name may stand in a copy of that packet or in the scratch.
func (s *Session) traced() (t Traced, wanted bool) {
	t = Traced{Peer: s.conn.RemoteAddr(), Version: s.version}
	a, auth := s.extras.admission, s.extras.auth
	switch {
	case s.client != nil:
		t.SubscriberID = s.client.subscriberID()
	case a != nil && a.id != "":
		t.SubscriberID = hook.SubscriberID{Mountpoint: s.listener.Mountpoint.Name, ClientID: a.id}
		if a.mount != nil {
			t.Mountpoint = a.mount.Name
		}
	case auth != nil && auth.connect != nil:
		t.SubscriberID = s.named(auth.connect)
	default:
		t.SubscriberID = hook.SubscriberID{Mountpoint: s.listener.Mountpoint.Name, ClientID: string(s.local.connect.ClientID)}
	}
	return t, s.local.tracer.Traces(t.Mountpoint, t.ClientID)
}

// named is the name that a client gives itself in the body of a CONNECT; the client id is empty if that cannot be read.
func (s *Session) named(connect []byte) hook.SubscriberID {
	id := hook.SubscriberID{Mountpoint: s.listener.Mountpoint.Name}
	var p codec.Connect
	if codec.ParseConnect(connect, &p) == nil {
		id.ClientID = string(p.ClientID)
	}
	return id
}

func (s *Session) traceReceived(f codec.Frame) {
	if s.state == awaitConnect && s.extras.auth == nil {
		t := Traced{SubscriberID: s.named(f.Body), Peer: s.conn.RemoteAddr()}
		if f.Type == codec.CONNECT && s.local.tracer.Traces(t.Mountpoint, t.ClientID) {
			s.local.tracer.Received(&t, f)
		}
		return
	}
	if t, wanted := s.traced(); wanted {
		s.local.tracer.Received(&t, f)
	}
}

func (s *Session) traceSent(packet, payload []byte) {
	if t, wanted := s.traced(); wanted {
		s.local.tracer.Sent(&t, packet, payload)
	}
}

func (s *Session) traceAsked(arg any) {
	t, wanted := s.traced()
	if name := askedName(arg, t.Version); wanted && name != "" {
		s.local.tracer.Asked(&t, name, arg)
	}
}

func (s *Session) traceAnswered(arg, result any, err error) {
	t, wanted := s.traced()
	if name := askedName(arg, t.Version); wanted && name != "" {
		s.local.tracer.Answered(&t, name, result, err)
	}
}

func (s *Session) traceRenamed(to hook.SubscriberID) {
	if t, wanted := s.traced(); wanted && to != t.SubscriberID {
		s.local.tracer.Renamed(&t, to)
	}
}

func (s *Session) traceEnded() {
	if t, wanted := s.traced(); wanted {
		s.local.tracer.Ended(&t)
	}
}

// askedName is the hook that gets such an argument, among those that decide about a client; empty for others.
func askedName(arg any, v codec.Version) hook.Name {
	v5 := v == codec.V5
	switch arg.(type) {
	case *hook.Auth:
		return hook.OnAuthM5Name
	case *hook.Register:
		return either(v5, hook.AuthOnRegisterM5Name, hook.AuthOnRegisterName)
	case *hook.Publish:
		return either(v5, hook.AuthOnPublishM5Name, hook.AuthOnPublishName)
	case *hook.Subscribe:
		return either(v5, hook.AuthOnSubscribeM5Name, hook.AuthOnSubscribeName)
	}
	return ""
}

func either(v5 bool, m5, v3 hook.Name) hook.Name {
	if v5 {
		return m5
	}
	return v3
}
