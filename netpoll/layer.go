package netpoll

import (
	"net/netip"
	"time"
)

// Layer stands between the socket of a connection, or the next lower layer, and the connection's handler, or the next higher
// layer: TLS, WebSocket, the PROXY protocol. It turns bytes into bytes: it belongs to the connection's loop, opens nothing, and
// keeps no slice it is given. All methods are called on the loop, never two at once, and none may call back into Conn but for
// Loop, SetRemoteAddr, SetIdentity, Pause and Resume.
//
//	handler   ▲ plain            │ b
//	          │                  ▼
//	layer   Input ──answers──▶ Output
//	          ▲ b                │ wire
//	socket    │                  ▼
type Layer interface {
	// Input takes b, which came from below, and appends to plain what goes up and to wire what the layer itself answers. An
	// incomplete tail of b it keeps itself, within a limit of its own. b is valid until the call returns, and Input may write
	// into it; plain and wire it may move to larger slices, as append does.
	//
	// The first call comes as soon as all lower layers are open, with or without bytes, so that a layer that speaks first can.
	// Calls without bytes also follow Conn.PullLayers.
	//
	// An error ends the connection, in order: what is in plain goes to the handler and what is in wire to the peer, then
	// OnClose hears the error. io.EOF is the peer's orderly end of its side. Input is not called again after an error.
	Input(b, plain, wire []byte) (plain2, wire2 []byte, err error)
	// Output appends b, which came from above, to wire in the layer's form. It is called when output is about to be given to the
	// kernel, with all that is pending or 48 KiB of it, and only while all layers are open. An error aborts the connection.
	Output(b, wire []byte) (wire2 []byte, err error)
	// Close is called once, when the connection ends and nothing more follows from above. It appends the layer's farewell to
	// wire; why is what OnClose hears, nil for an orderly close. Where the connection is aborted, or has ended before the layer
	// was open, what it appends may go nowhere. Whatever the layer has under way elsewhere it must stop now; of the other
	// methods none is called any more.
	Close(wire []byte, why error) []byte
	// State is asked after each Input until all layers are open.
	State() LayerState
}

// LayerState is how far a layer is.
type LayerState uint8

const (
	// LayerOpening: a handshake or a header is under way. Higher layers and the handler have to wait.
	LayerOpening LayerState = iota
	// LayerBusy is LayerOpening where work goes on elsewhere, whose end Conn.PullLayers will tell. Until then nothing is known
	// about bytes that have come, so the peer's end of input waits for it.
	LayerBusy
	// LayerOpen: bytes go both ways.
	LayerOpen
	// LayerDone: from now on the layer would pass everything through unchanged. It is taken out of the connection, without a
	// call of Close; when the last one is out, the connection costs no more than a plain one.
	LayerDone
)

// OpeningLimiter is a Layer with a limit of its own on the time for which it may be opening, counted from its first Input.
// Without it ListenerOptions.ConnectTimeout is the limit.
type OpeningLimiter interface {
	// OpeningLimit returns the time and the error that OnClose hears when it has passed. 0: no limit.
	OpeningLimit() (time.Duration, error)
}

// Identity is what layers have learnt about who the peer is.
type Identity struct {
	// CommonName is the CN of the subject of the peer's verified certificate, or of the one that a proxy reports to have verified.
	// It is empty if that certificate has none.
	CommonName string
	// Certificate is the peer's certificate in DER, nil if only a proxy has seen it. It must not be changed.
	Certificate []byte
}

// Identity returns what is known about the peer from its certificate, nil if it has shown none. It is complete when OnOpen is
// called.
func (c *Conn) Identity() *Identity {
	if c.layers == nil {
		return nil
	}
	return c.layers.identity
}

// SetIdentity is for layers. It keeps id.
func (c *Conn) SetIdentity(id *Identity) {
	if c.layers != nil {
		c.layers.identity = id
	}
}

// SetRemoteAddr makes RemoteAddr return a from now on: for a layer that learns from a proxy in front who the peer really is.
func (c *Conn) SetRemoteAddr(a netip.AddrPort) { c.peer, c.port = a.Addr(), a.Port() }

// Layers returns the layers of the connection, the lowest first; nil for a plain one. The slice must not be changed.
func (c *Conn) Layers() []Layer {
	if c.layers == nil {
		return nil
	}
	return c.layers.chain
}

// PullLayers makes the connection's loop call Input of each layer with no bytes, soon, for a layer whose work went on elsewhere
// and has come to a result. Any goroutine; it does nothing if the connection has ended.
func (c *Conn) PullLayers() { c.Loop().Post((*pull)(c)) }
