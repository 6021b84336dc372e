package wslayer

import "fmt"

// Status codes of a close frame (RFC 6455, 7.4.1) that this package sends.
const (
	StatusNormal      = 1000 // the session has ended
	StatusGoingAway   = 1001 // the server stops; nothing here sends it, a caller of Close may
	StatusProtocol    = 1002 // the peer broke a rule of RFC 6455
	StatusUnsupported = 1003 // a text message
	StatusInvalidData = 1007 // a compressed message that cannot be inflated, a reason that is not UTF-8
	StatusPolicy      = 1008 // whatever else made the caller of Close end the connection
	StatusTooBig      = 1009 // a frame or an inflated message above its limit
)

// CloseError ends a connection that was open. Code is the status code of the close frame that tells the peer.
type CloseError struct {
	Code uint16
	Why  string
}

func (e *CloseError) Error() string { return fmt.Sprintf("websocket: %s (close %d)", e.Why, e.Code) }

// RefusedError ends a connection whose upgrade failed. Status is that of the HTTP answer: the one sent by a server, the one
// received by a client.
type RefusedError struct {
	Status int
	Why    string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("websocket: upgrade refused with %d: %s", e.Status, e.Why)
}
