package session

import (
	"github.com/vernemq/vmq/queue"
	"github.com/vernemq/vmq/trie"
)

// Mountpoint is a tenant: the clients, subscriptions and topics of one mountpoint never meet those of another. The pair of
// mountpoint and client id is the SID that identifies a session.
type Mountpoint struct {
	// Name as configured; empty for the default one.
	Name string
	// Subscriptions of its clients.
	Subscriptions *trie.Mount[*Client]
	// Retained messages of its topics.
	Retained Retained
	// Clients known here, online or not.
	Clients *Registry
}

// Retained keeps the retained messages of a mountpoint. Its methods are for any goroutine and do not block. What has been set or
// deleted is what the next Page of any loop finds; that it is on disk, or known to other nodes, is a later matter.
type Retained interface {
	// Set makes m the retained message of its topic. It takes over one reference.
	Set(m *queue.Message)
	// Delete removes the retained message of topic and reports whether there was one.
	Delete(topic []byte) bool
	// Page calls yield for at most limit messages that match filter, from cursor on, until yield returns false. It returns the
	// cursor of the next page, and true after the last one. Messages that have expired at now (in milliseconds of Unix time) are
	// deleted, and expired is called for them instead. yield and expired hold a message to keep it.
	Page(filter string, cursor trie.Cursor, limit int, now int64,
		yield func(*queue.Message) bool, expired func(*queue.Message)) (next trie.Cursor, last bool)
}

// NewMountpoint makes the mountpoint's tables; its subscriptions are kept in index.
func NewMountpoint(name string, index *trie.Index[*Client], retained Retained) *Mountpoint {
	return &Mountpoint{Name: name, Subscriptions: index.Mount(name), Retained: retained, Clients: newRegistry()}
}
