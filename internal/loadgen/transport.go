package loadgen

import (
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/netpoll/tlslayer"
	"github.com/vernemq/vmq/netpoll/wslayer"
)

// Transport is how packets travel between the generator and the broker. Its zero value is plain TCP.
type Transport struct {
	TLS       bool // --tls, and with WebSocket --wss
	WebSocket bool // --ws, and with TLS --wss

	CAFile            string // of the authorities that the broker's certificate is checked with; empty: those of the system
	CertFile, KeyFile string // shown to a broker that asks for a certificate; empty: none
	Insecure          bool   // any certificate of the broker will do
	TLSVersions       string // tlsv1.2, tlsv1.3, separated by commas; empty: both
	Ciphers           string // as ciphers of a listener; empty: those of crypto/tls
	Curves            string // as eccs of a listener, separated by commas; empty: those of crypto/tls

	Path string // of a WebSocket
}

// Name is the kind of listener that t fits: tcp, tls, ws or wss.
func (t *Transport) Name() string {
	switch {
	case t.TLS && t.WebSocket:
		return "wss"
	case t.TLS:
		return "tls"
	case t.WebSocket:
		return "ws"
	}
	return "tcp"
}

// layerer makes the layers of connections. It does not change; the loops share it.
type layerer struct {
	tls *tlslayer.Client // nil: none
	ws  *wslayer.Client  // nil: none
}

// layerer prepares the layers that o asks for. Each handshake is a full one: no session is resumed, because what a connection costs
// the broker is to be seen.
func (o *Options) layerer() (layerer, error) {
	var l layerer
	var err error
	if t := &o.Transport; t.TLS {
		l.tls, err = tlslayer.NewClient(tlslayer.ClientOptions{
			KeyPair: tlslayer.KeyPair{CertFile: t.CertFile, KeyFile: t.KeyFile},
			CAFile:  t.CAFile, ServerName: o.Host, Insecure: t.Insecure,
			Versions: list(t.TLSVersions), Ciphers: t.Ciphers, Curves: list(t.Curves),
			HandshakeTimeout: o.ConnectTimeout,
		})
		if err != nil {
			return l, fmt.Errorf("TLS: %w", err)
		}
	}
	if o.WebSocket {
		l.ws, err = wslayer.NewClient(wslayer.ClientOptions{
			Host: net.JoinHostPort(o.Host, strconv.Itoa(o.Port)), Path: o.Path, Protocols: []string{"mqtt", "mqttv3.1"},
		})
	}
	return l, err
}

// list splits the words of a flag.
func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// layers is netpoll's DialOptions.Layers for connections of w, nil for plain TCP. The first TLS layer of w stays in w.sample.
func (l *layerer) layers(w *worker) func(*netpoll.Conn) []netpoll.Layer {
	if l.tls == nil && l.ws == nil {
		return nil
	}
	return func(c *netpoll.Conn) (chain []netpoll.Layer) {
		if l.tls != nil {
			layer := l.tls.Layer(c)
			if w.sample == nil {
				w.sample = layer
			}
			chain = append(chain, layer)
		}
		if l.ws != nil {
			chain = append(chain, l.ws.Layer())
		}
		return chain
	}
}

// negotiated says what the first TLS connection of w has agreed on with the broker, empty if there was none.
func (w *worker) negotiated() string {
	if w.sample == nil {
		return ""
	}
	s := w.sample.ConnectionState()
	if !s.HandshakeComplete {
		return ""
	}
	return fmt.Sprintf("%s, %s, %v", tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite), s.CurveID)
}
