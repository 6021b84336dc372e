package session

import (
	"slices"

	"github.com/vernemq/vmq/queue"
)

// A message of QoS 2 is not sent to a client with a stored session before the message and its packet id are durable. Otherwise the
// broker could die in between, and use the id for another message afterwards: the client, which knows the id and has no PUBREL for it,
// would take that one for a repetition and throw it away. So QoS 2 costs a commit before the PUBLISH, one before PUBREL, and is exactly
// once over any crash; QoS 1 costs nothing before the PUBLISH.
//
// The message stands in the window meanwhile. What is behind it waits in the queue, so that order is kept; other messages of QoS 2 are
// held back with it, as far as the window has room, and share its commit.

// heldBack is a message of a session's window.
type heldBack struct {
	session *Session
	id      uint16
}

// holdBack sends the message under id when everything until now is durable. Where the message came from another loop, its entry is
// part of that loop's group, so all loops are asked.
func (st *storage) holdBack(s *Session, id uint16) {
	s.held++
	st.held = append(st.held, heldBack{s, id})
	if len(st.held) == 1 {
		st.awaitHeld()
	}
}

// awaitHeld waits for those that are held now; the ones that come meanwhile wait for the next time.
func (st *storage) awaitHeld() {
	n := len(st.held)
	st.whenDurable(func() { st.sendHeld(n) })
}

// sendHeld sends the first n messages. What the others wait for comes first, so that a panic of one session does not end it.
func (st *storage) sendHeld(n int) {
	due := slices.Clone(st.held[:n])
	st.held = slices.Delete(st.held, 0, n)
	if len(st.held) > 0 {
		st.awaitHeld()
	}
	st.sendEach(due)
}

func (st *storage) sendEach(due []heldBack) {
	defer func() {
		if len(due) > 0 { // a session panicked
			st.local.Loop.Post(storeTask(func() { st.sendEach(due) }))
		}
	}()
	for len(due) > 0 {
		h := due[0]
		due = due[1:]
		h.session.held--
		h.session.sendStored(h.id)
	}
}

// sendStored sends a message of the window for the first time. If the connection has ended, the next one repeats it.
func (s *Session) sendStored(id uint16) {
	if s.state != connected {
		return
	}
	if state, found := s.inWindow(id); !found || state != queue.WaitPubrec {
		return
	}
	it, _ := s.client.window.Stored(id)
	var p Publication
	p.From(it.Msg)
	h := s.headAgain(queue.Entry{ID: id, Item: *it}, &p)
	h.Dup = false
	s.writePublish(h, &p)
	if s.held == 0 {
		s.pump()
	}
}
