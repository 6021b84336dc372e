package session

import "time"

// extras is what few sessions have: most connections are idle ones without plugins or MQTT 5 features, and should not pay for it.
type extras struct {
	admission  *admission    // what is decided about the CONNECT so far; nil once connected
	question   *question     // what hooks are asked on a worker; nil: nothing
	delivering *delivering   // what on_deliver is asked about on a worker; nil: nothing
	auth       *enhancedAuth // nil: the client has not used enhanced authentication
	aliases    *aliases      // nil: none in either direction
	rate       *rate         // nil: no max_message_rate
	allowed    *allowed      // nil: no plugin has a short way, or nothing was published
	throttle   *throttle     // nil: no plugin has asked for one
	endsAt     time.Duration // loop time at which the connection's life is over; 0: never
}

// none is the extras of a session without any; it is only read.
var none extras

// own is the session's extras, to write to.
func (s *Session) own() *extras {
	if s.extras == &none {
		s.extras = new(extras)
	}
	return s.extras
}

// settled drops the extras if nothing is left in them.
func (s *Session) settled() {
	s.own().admission = nil
	if *s.extras == none {
		s.extras = &none
	}
}
