package session

import (
	"time"

	"github.com/vernemq/vmq/netpoll"
)

// pause is why a client is not read from at the moment. There may be several reasons at once.
type pause uint8

const (
	pausedByReceiver pause = 1 << iota // a receiver of its messages is behind
	pausedByRate                       // max_message_rate
	pausedByHook                       // a hook has to wait
	pausedByThrottle                   // auth_on_publish asked for it
	pausedByStore                      // what its session left behind is being read
)

// pause stops reading from the client.
func (s *Session) pause(why pause) {
	s.paused |= why
	s.conn.Pause()
}

// resumeFrom goes on reading, unless there is another reason not to.
func (s *Session) resumeFrom(why pause) {
	s.paused &^= why
	if s.paused == 0 && s.state == connected {
		s.conn.Resume()
	}
}

// rate holds a client to max_message_rate with a token bucket: it may send that many messages at once and gets as many
// tokens back each second. A message without a token is still accepted; then the client is not read from until it has
// one again, so that TCP makes it wait and nothing is lost.
type rate struct {
	netpoll.Timer
	session *Session
	perSec  float64
	tokens  float64
	at      time.Duration // loop time at which tokens was right
}

func (s *Session) limitRate() {
	if n := s.settings.MaxMessageRate; n > 0 {
		s.own().rate = &rate{session: s, perSec: float64(n), tokens: float64(n)}
		s.extras.rate.Init(s.extras.rate)
	}
}

// countRate takes a token for the PUBLISH at hand.
func (s *Session) countRate() {
	r := s.extras.rate
	if r == nil || s.state != connected {
		return
	}
	now := s.local.Loop.Now()
	if r.at > 0 {
		r.tokens = min(r.perSec, r.tokens+r.perSec*(now-r.at).Seconds())
	}
	r.at = now
	r.tokens--
	if r.tokens < 0 {
		s.pause(pausedByRate)
		s.local.Loop.Schedule(&r.Timer, time.Duration(-r.tokens/r.perSec*float64(time.Second)))
	}
}

// OnTimer goes on reading: there is a token again.
func (r *rate) OnTimer(*netpoll.Loop, *netpoll.Timer) { r.session.resumeFrom(pausedByRate) }

// throttle is a pause that auth_on_publish has asked for.
type throttle struct {
	netpoll.Timer
	session *Session
}

// slowDown does not read from the client for a while.
func (s *Session) slowDown(d time.Duration) {
	if d <= 0 || s.state != connected {
		return
	}
	if s.extras.throttle == nil {
		s.own().throttle = &throttle{session: s}
		s.extras.throttle.Init(s.extras.throttle)
	}
	s.pause(pausedByThrottle)
	s.local.Loop.Schedule(&s.extras.throttle.Timer, d)
}

// OnTimer goes on reading.
func (t *throttle) OnTimer(*netpoll.Loop, *netpoll.Timer) { t.session.resumeFrom(pausedByThrottle) }
