package session

import (
	"context"
	"log/slog"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
)

// sendTick is the unit in which the window notes when a message was sent.
const sendTick = 100 * time.Millisecond

// One timer of a session serves keep-alive and retry. It is not moved with each packet: when it fires, it looks what is really
// due and sleeps for the rest, so that the path of a packet only stores the time.

// startTimer arms it for a new connection, which ends after life, if that is not 0.
func (s *Session) startTimer(life time.Duration) {
	s.lastPacket = s.local.Loop.Now()
	first := time.Duration(-1)
	if s.keepAlive > 0 {
		first = s.patience()
	}
	if life > 0 {
		s.own().endsAt = s.lastPacket + life
		first = sooner(first, life)
	}
	if first >= 0 {
		s.sleep(first)
	}
}

// sooner is the lesser of two waits; a negative one is none.
func sooner(a, b time.Duration) time.Duration {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// sleep arms the timer.
func (s *Session) sleep(d time.Duration) {
	s.wake = s.local.Loop.Now() + d
	s.local.Loop.Schedule(&s.timer, d)
}

// patience is how long the client may be silent [MQTT-3.1.2-22]: what it asked for, because no Server Keep Alive is sent [MQTT-3.2.2-22].
func (s *Session) patience() time.Duration {
	return time.Duration(s.keepAlive) * time.Second * 3 / 2
}

// retries says whether unanswered messages are sent again while connected, which MQTT 5 forbids [MQTT-4.4.0-1].
func (s *Session) retries() bool {
	return s.version != codec.V5 && s.settings.RetryInterval > 0
}

// awaitAnswer sees to it that the timer fires in time for a retry of what was just sent.
func (s *Session) awaitAnswer() {
	if s.retries() && (!s.timer.Armed() || s.wake > s.local.Loop.Now()+s.settings.RetryInterval) {
		s.sleep(s.settings.RetryInterval)
	}
}

// OnTimer closes the connection of a silent client, repeats what is unanswered, and sleeps until the next of both.
func (s *Session) OnTimer(loop *netpoll.Loop, _ *netpoll.Timer) {
	if s.state != connected {
		return
	}
	next := time.Duration(-1)
	if s.extras.endsAt > 0 {
		next = s.extras.endsAt - loop.Now()
		if next <= 0 {
			s.end(codec.AdministrativeAction, errLifeOver)
			return
		}
	}
	if s.keepAlive > 0 {
		if s.paused != 0 {
			s.lastPacket = loop.Now() // a client that is not read from cannot be heard
		}
		silence := s.lastPacket + s.patience() - loop.Now()
		if silence <= 0 {
			s.expireKeepAlive()
			return
		}
		next = sooner(next, silence)
	}
	if s.retries() && s.client.inFlight() > 0 {
		next = sooner(next, s.retry(loop))
	}
	if next >= 0 {
		s.sleep(next)
	}
}

func (s *Session) expireKeepAlive() {
	s.local.Counters.KeepAliveExpired[s.family()]++
	level := slog.LevelWarn
	if s.local.Node.Settings().KeepAliveAsDebug {
		level = slog.LevelDebug
	}
	s.local.Logger.Log(context.Background(), level, "keep-alive expired", "client", s.client.ID, "peer", s.conn.RemoteAddr(), "seconds", s.keepAlive)
	s.end(codec.KeepAliveTimeout, errKeepAlive)
}

// retry repeats what has been unanswered for the retry interval and returns when the next one may be due. A client that does
// not even read gets nothing more.
func (s *Session) retry(loop *netpoll.Loop) time.Duration {
	interval := s.settings.RetryInterval
	due := interval
	w := s.client.window
	for e := range w.Range {
		if e.Sent == 0 {
			continue
		}
		age := loop.Now() - time.Duration(e.Sent-1)*sendTick
		if age < interval {
			due = min(due, interval-age)
			continue
		}
		if !s.conn.Full() && s.held == 0 {
			s.sendAgain(e)
			s.repeated = true
			w.Sent(e.ID, s.local.tick())
		}
	}
	return due
}
