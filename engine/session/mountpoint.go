package session

import (
	"github.com/vernemq/vmq/engine/retain"
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
	Retained *retain.Mount
	// Clients known here, online or not.
	Clients *Registry
}

// NewMountpoint makes the mountpoint's tables; its subscriptions and retained messages are kept in index and store.
func NewMountpoint(name string, index *trie.Index[*Client], store *retain.Store) *Mountpoint {
	return &Mountpoint{Name: name, Subscriptions: index.Mount(name), Retained: store.Mount(name), Clients: newRegistry()}
}
