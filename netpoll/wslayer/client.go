package wslayer

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws/wsflate"
)

// ClientOptions are those of connections to one server.
type ClientOptions struct {
	// Host is the value of the Host header: a name or address, and the port if it is not the usual one.
	Host string
	// Path is asked for, with its query if there is one.
	Path string
	// Protocols are the sub-protocols that are asked for, the best first. The server has to choose one.
	Protocols []string
	// Compress offers permessage-deflate.
	Compress bool
	// MaxFrame and MaxInflated are as in Options.
	MaxFrame    int64
	MaxInflated int
}

// Client is what connections to one server share. It does not change; any goroutine may use it.
type Client struct {
	terms
	host string
}

// NewClient checks o and returns a Client, which keeps the slices of o.
func NewClient(o ClientOptions) (*Client, error) {
	c := &Client{host: o.Host, terms: terms{path: o.Path, protocols: o.Protocols, maxInflated: o.MaxInflated, compress: o.Compress}}
	c.defaults(o.MaxFrame)
	for what, s := range map[string]string{"host": o.Host, "path": o.Path} {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7F }) {
			return nil, fmt.Errorf("websocket %s %q: empty, or not printable ASCII without blanks", what, s)
		}
	}
	return c, c.check()
}

// Layer begins the client's side of one connection. Its first call of Input, which may have no bytes, appends the request.
func (c *Client) Layer() *Layer {
	return &Layer{terms: &c.terms, up: &upgrade{client: c}, flags: isClient | answered}
}

// appendRequest appends the request to wire.
func (u *upgrade) appendRequest(wire []byte) []byte {
	var random [keyRandom]byte
	rand.Read(random[:]) // it does not fail: the program ends if the system has no randomness
	base64.StdEncoding.Encode(u.key[:], random[:])
	u.asked = true

	c := u.client
	wire = fmt.Appendf(wire, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: %s\r\n",
		c.path, c.host, u.key[:], strings.Join(c.protocols, ", "))
	if c.compress {
		wire = append(wire, "Sec-WebSocket-Extensions: "+deflateAgreed+"\r\n"...)
	}
	return append(wire, "\r\n"...)
}

// statusLine reads the first line of an answer.
func (u *upgrade) statusLine(line []byte) *RefusedError {
	r, ok := httphead.ParseResponseLine(line)
	if !ok || r.Version.Major != 1 || r.Version.Minor < 1 || r.Status < 100 || r.Status > 999 {
		return &RefusedError{Why: fmt.Sprintf("status line %.40q: want HTTP/1.1 and a status", line)}
	}
	u.status = uint16(r.Status)
	return nil
}

// answerField reads those headers that only an answer has. name is in canonical form.
func (u *upgrade) answerField(name, value []byte) *RefusedError {
	switch string(name) {
	case "Sec-Websocket-Accept":
		u.accepted = bytes.Equal(value, acceptOf(nil, u.key[:]))
	case "Sec-Websocket-Protocol":
		for i, p := range u.client.protocols {
			if string(value) == p {
				u.protocol = int16(i) + 1
			}
		}
		if u.protocol == 0 {
			return u.wrong("the server chose sub-protocol %.40q", value)
		}
	case "Sec-Websocket-Extensions":
		if u.deflates = u.client.compress && agreesDeflate(value); !u.deflates {
			return u.wrong("the server chose extensions %.80q", value)
		}
	}
	return nil
}

// agreesDeflate tells whether a server's answer to the offer deflateAgreed is one that this side can keep to: the server must
// forget each message, since nothing of it is kept here.
func agreesDeflate(value []byte) bool {
	options, ok := httphead.ParseOptions(value, nil)
	if !ok || len(options) != 1 || string(options[0].Name) != wsflate.ExtensionName {
		return false
	}
	var p wsflate.Parameters
	return p.Parse(options[0]) == nil && p.ServerNoContextTakeover && !p.ClientMaxWindowBits.Defined()
}

// clientVerdict is nil if the answer, which has ended, opens the connection (RFC 6455, 4.1).
func (u *upgrade) clientVerdict() *RefusedError {
	switch {
	case u.status != http.StatusSwitchingProtocols:
		return u.wrong("%s", http.StatusText(int(u.status)))
	case u.seen&(seenUpgrade|seenConnection) != seenUpgrade|seenConnection:
		return u.wrong("the server does not say that it has changed to WebSocket")
	case !u.accepted:
		return u.wrong("Sec-WebSocket-Accept does not fit the key")
	case u.protocol == 0:
		return u.wrong("the server chose no sub-protocol")
	}
	return nil
}

// wrong is the error that ends a client's upgrade.
func (u *upgrade) wrong(format string, args ...any) *RefusedError {
	return refusal(int(u.status), format, args...)
}
