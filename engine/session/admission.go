package session

import (
	"errors"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine/hook"
)

// admission is what has been decided about a CONNECT so far. A hook that has to wait makes the CONNECT be handled again; what is decided
// is not asked twice.
type admission struct {
	serial   uint64 // key of the calls that wait, while there is no client record
	id       string // client id to use; empty until it is known
	identity *hook.Identity
	mods     *hook.RegisterMods // what auth_on_register changed; nil: nothing

	overridden bool        // the session has settings of its own
	admitted   bool        // auth_on_register has said yes, or need not be asked
	mount      *Mountpoint // where the client lives
	willMount  *Mountpoint // where its will goes; nil: there too

	life          time.Duration // of the connection; 0: no end
	responseInfo  bool          // the client asks for Response Information
	expiryChanged bool          // the session expiry interval is not the one that the client asked for
}

// admit asks auth_on_register. It returns false if the client waits for the answer or was refused.
func (s *Session) admit(p *codec.Connect) bool {
	a := s.extras.admission
	if a.admitted {
		return true
	}
	a.mount = s.listener.Mountpoint
	username, has, ok := s.username(p)
	a.identity = &hook.Identity{
		SubscriberID: hook.SubscriberID{Mountpoint: a.mount.Name, ClientID: a.id},
		Username:     username, HasUsername: has,
		Peer: s.conn.RemoteAddr(), Listener: s.listener.described,
	}
	if id := s.conn.Identity(); id != nil {
		a.identity.Certificate = id.Certificate
	}
	if s.settings.AllowAnonymous || s.listener.AllowAnonymous {
		a.admitted = true // nobody is asked, whatever the client says about itself
		return true
	}
	if !ok {
		s.denyConnect(errNameless)
		return false
	}
	mods, waiting, err := s.askRegister(p)
	switch {
	case waiting:
		return false
	case err != nil:
		s.denyConnect(err)
		return false
	}
	if err := s.override(mods); err != nil {
		s.local.Logger.Error("the answer of auth_on_register is not valid, so the client is refused", "client", a.id, "reason", err)
		s.denyConnect(err)
		return false
	}
	a.admitted = true
	return true
}

// username is the common name of the client's certificate, where the listener wants that to be the user name, and the CONNECT's otherwise.
// A certificate without one leaves the client nameless: ok is false. What a proxy in front does not say changes nothing.
func (s *Session) username(p *codec.Connect) (name string, has, ok bool) {
	if id := s.conn.Identity(); s.listener.IdentityAsUsername && id != nil {
		if id.CommonName != "" {
			return id.CommonName, true, true
		}
		if id.Certificate != nil {
			return "", false, false
		}
	}
	return string(p.Username), p.HasUsername, true
}

var errNameless = errors.New("the client's certificate has no common name, which use_identity_as_username makes the user name")

func (s *Session) askRegister(p *codec.Connect) (*hook.RegisterMods, bool, error) {
	h := s.hooks()
	if h == nil {
		h = noPlugins
	}
	in := &hook.Register{
		Client: s.extras.admission.identity, CleanStart: p.CleanStart,
		Password: hook.Secret(p.Password), HasPassword: p.HasPassword,
	}
	if p.Version == codec.V5 {
		in.Props = &p.Props
		return ask(s, hook.AuthOnRegisterM5Point, h.AuthOnRegisterM5, in, hook.AuthOnRegisterM5.AuthOnRegisterM5)
	}
	return ask(s, hook.AuthOnRegisterPoint, h.AuthOnRegister, in, hook.AuthOnRegister.AuthOnRegister)
}

// noPlugins lets nobody in.
var noPlugins = hook.New()
