package wslayer

import (
	"fmt"
	"math"
	"net/netip"
	"strings"

	"github.com/vernemq/vmq/netpoll"
)

// Options are those of all connections of one listener.
type Options struct {
	// Path is the only one that is served, such as "/mqtt". A trailing slash, a query and percent signs in the request do
	// not matter.
	Path string
	// Protocols are the sub-protocols that are known. A request that names none of them is refused.
	Protocols []string
	// MaxRequestLine and MaxHeaderValue bound the head of a request, in bytes; 0 takes 8000 and 4096.
	MaxRequestLine, MaxHeaderValue int
	// MaxFrame is the largest payload of a frame, in bytes; 0 is no limit. A frame is passed on as it arrives, so it is a
	// promise to peers rather than a bound of memory.
	MaxFrame int64
	// Compress accepts permessage-deflate where the client offers it.
	Compress bool
	// MaxInflated is how many bytes one call of Input may inflate, and so the largest compressed message; 0 takes 16 MiB. The
	// worst that deflate can do is 1,032 bytes for one, which without a bound were 64 MiB for each 64 KiB read.
	MaxInflated int
	// Forwarded believes what a proxy in front says about the client; nil believes the socket.
	Forwarded *ForwardedOptions
}

// ForwardedOptions tell which headers of a proxy are believed, and from whom.
type ForwardedOptions struct {
	// Trusted are the addresses of the peers that may connect at all. The first entry of their X-Forwarded-For, which must be
	// there, is the client's address; the port stays that of the socket.
	Trusted []string
	// CommonNameHeader, where it is not empty, must be in each request: its value is the common name of the client's Identity.
	CommonNameHeader string
}

// Limits of a request's head that have no option, and the defaults of those that have one.
const (
	defaultRequestLine = 8000
	defaultHeaderValue = 4096
	defaultInflated    = 16 << 20

	maxHeaderName  = 64  // bytes
	maxHeaderLines = 100 // so a head has at most 100 × (64 + 4,096) bytes beside its first line, of which one line is kept
	maxBlankLines  = 5   // in front of the request line (RFC 9112, 2.2, asks for one)
)

// terms are what both sides of a connection need to know while it is open. They do not change.
type terms struct {
	protocols         []string
	maxLine, maxValue int    // of the head, in bytes
	maxFrame          uint64 // payload bytes
	maxInflated       int    // bytes a call
	compress          bool
	path              string
}

// defaults fills in what was left at zero.
func (t *terms) defaults(maxFrame int64) {
	if t.maxLine <= 0 {
		t.maxLine = defaultRequestLine
	}
	if t.maxValue <= 0 {
		t.maxValue = defaultHeaderValue
	}
	if t.maxInflated <= 0 {
		t.maxInflated = defaultInflated
	}
	t.maxFrame = math.MaxInt64
	if maxFrame > 0 {
		t.maxFrame = uint64(maxFrame)
	}
}

// check finds what neither a server nor a client can work with.
func (t *terms) check() error {
	if !strings.HasPrefix(t.path, "/") {
		return fmt.Errorf("websocket path %q: does not begin with a slash", t.path)
	}
	if len(t.protocols) == 0 || len(t.protocols) > math.MaxUint8 {
		return fmt.Errorf("websocket: %d sub-protocols, want 1 to %d", len(t.protocols), math.MaxUint8)
	}
	for _, p := range t.protocols {
		if !isToken(p) {
			return fmt.Errorf("websocket sub-protocol %q: not a token", p)
		}
	}
	return nil
}

// Server is what the connections of one listener share. It does not change; any goroutine may use it.
type Server struct {
	terms
	forwarded *ForwardedOptions
	trusted   map[netip.Addr]struct{}
}

// NewServer checks o and returns a Server, which keeps the slices of o.
func NewServer(o Options) (*Server, error) {
	s := &Server{terms: terms{
		path: o.Path, protocols: o.Protocols, maxLine: o.MaxRequestLine, maxValue: o.MaxHeaderValue,
		maxInflated: o.MaxInflated, compress: o.Compress,
	}}
	s.defaults(o.MaxFrame)
	if err := s.check(); err != nil {
		return nil, err
	}
	if f := o.Forwarded; f != nil {
		if f.CommonNameHeader != "" && !isToken(f.CommonNameHeader) {
			return nil, fmt.Errorf("websocket header %q: not a token", f.CommonNameHeader)
		}
		s.forwarded = &ForwardedOptions{Trusted: f.Trusted, CommonNameHeader: f.CommonNameHeader}
		s.trusted = make(map[netip.Addr]struct{}, len(f.Trusted))
		for _, text := range f.Trusted {
			a, err := netip.ParseAddr(strings.TrimSpace(text))
			if err != nil {
				return nil, fmt.Errorf("trusted intermediate %q: not an address", text)
			}
			s.trusted[a.Unmap()] = struct{}{}
		}
	}
	return s, nil
}

// trusts tells whether what a peer says about its client is believed.
func (s *Server) trusts(peer netip.Addr) bool {
	_, ok := s.trusted[peer.Unmap().WithZone("")]
	return ok
}

// Peer is the connection of a Layer, as far as a Layer knows it: a *netpoll.Conn.
type Peer interface {
	// RemoteAddr is the address of the socket's peer.
	RemoteAddr() netip.AddrPort
	// SetRemoteAddr and SetIdentity are called before the Layer is open, with what a trusted proxy says about its client.
	SetRemoteAddr(netip.AddrPort)
	SetIdentity(*netpoll.Identity)
}

// Layer begins the server's side of one connection. peer may be nil if no proxy is believed, else RemoteAddr must be the
// socket's when Layer is called.
func (s *Server) Layer(peer Peer) *Layer {
	l := &Layer{terms: &s.terms, up: &upgrade{server: s}}
	if s.forwarded != nil {
		l.up.peer, l.up.socket = peer, peer.RemoteAddr()
	}
	return l
}
