package wslayer

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gobwas/httphead"

	"github.com/vernemq/vmq/netpoll"
)

// upgrade is the head of a connection that is not open yet: of the request at a server, of the answer at a client. Lines are
// forgotten as soon as they have been read; what they said stays here.
type upgrade struct {
	head
	server *Server // of these two
	client *Client // one is set

	key         [keyLen]byte // Sec-WebSocket-Key, sent by the client
	begun       bool         // the first line has come
	blank       uint8        // empty lines in front of it
	fields      uint8        // header lines so far
	status      uint16       // a client's: the status of the answer
	old         bool         // HTTP/1.0, which knows no Upgrade
	otherPath   bool
	otherMethod bool
	seen        seen
	protocol    int16 // index into terms.protocols, plus one; 0 if none was found
	deflates    bool  // the first acceptable offer of permessage-deflate has come
	asked       bool  // a client's: the request was appended
	accepted    bool  // a client's: Sec-WebSocket-Accept is right

	// Where a proxy is believed:
	peer   Peer
	socket netip.AddrPort // of the proxy, if it is one
	addr   netip.Addr     // of the client behind it; invalid if nothing or nonsense was said
	name   string
}

// seen are headers that have come with what they must contain.
type seen uint8

const (
	seenHost seen = 1 << iota
	seenUpgrade
	seenConnection
	seenVersion   // the header, with whatever version
	seenVersion13 // the only version there is
	seenKey
	seenForwarded
	seenName
)

// A Sec-WebSocket-Key is 16 random bytes, 24 in base64.
const keyRandom, keyLen = 16, 24

// readHead takes bytes of the head. When the head has ended, it appends the answer (a server) and returns what follows it.
func (l *Layer) readHead(b, wire []byte) (rest, wire2 []byte, err error) {
	u := l.up
	if u.client != nil && !u.asked {
		wire = u.appendRequest(wire)
	}
	for len(b) > 0 {
		limit := l.terms.maxLine
		if u.begun {
			limit = maxHeaderName + len(": ") + l.terms.maxValue
		}
		line, rest, ok, long := u.next(b, limit)
		if !ok && !long {
			return nil, wire, nil
		}
		b = rest
		var refused *RefusedError
		done := false
		switch {
		case long && u.begun:
			refused = refusal(http.StatusRequestHeaderFieldsTooLarge, "a header line is longer than %d bytes", limit)
		case long:
			refused = refusal(http.StatusRequestURITooLong, "the first line is longer than %d bytes", limit)
		case !u.begun:
			refused = u.firstLine(line)
		case len(line) > 0:
			refused = u.field(l.terms, line)
		default:
			done = true
			refused = u.verdict()
		}
		switch {
		case refused != nil && u.server != nil:
			return nil, appendRefusal(wire, refused.Status), refused
		case refused != nil:
			return nil, wire, refused
		case done:
			return b, l.open(wire), nil
		}
	}
	return nil, wire, nil
}

// open ends the upgrade: what matters later moves into l, a server answers.
func (l *Layer) open(wire []byte) []byte {
	u := l.up
	l.up = nil
	l.protocol = uint8(u.protocol - 1)
	if u.deflates {
		l.flags |= deflates
	}
	if u.server == nil {
		return wire
	}
	if f := u.server.forwarded; f != nil {
		u.peer.SetRemoteAddr(netip.AddrPortFrom(u.addr, u.socket.Port()))
		if f.CommonNameHeader != "" {
			u.peer.SetIdentity(&netpoll.Identity{CommonName: u.name})
		}
	}
	return appendSwitch(wire, u.key[:], l.terms.protocols[l.protocol], u.deflates)
}

// refusal is an error that ends an upgrade.
func refusal(status int, format string, args ...any) *RefusedError {
	return &RefusedError{Status: status, Why: fmt.Sprintf(format, args...)}
}

func malformed(format string, args ...any) *RefusedError {
	return refusal(http.StatusBadRequest, format, args...)
}

// firstLine reads a request line or a status line. A path or method that is not served is not answered before the head has
// ended, because a client that still writes might never read the answer.
func (u *upgrade) firstLine(line []byte) *RefusedError {
	if len(line) == 0 {
		if u.blank++; u.blank > maxBlankLines {
			return malformed("more than %d empty lines in front of the request", maxBlankLines)
		}
		return nil
	}
	u.begun = true
	if u.client != nil {
		return u.statusLine(line)
	}
	method, rest, ok1 := bytes.Cut(line, []byte(" "))
	target, version, ok2 := bytes.Cut(rest, []byte(" "))
	if !ok1 || !ok2 || !isToken(string(method)) {
		return malformed("request line %.40q: want a method, a path and a version", line)
	}
	switch {
	case string(version) == "HTTP/1.1":
	case string(version) == "HTTP/1.0":
		u.old = true
	case bytes.HasPrefix(version, []byte("HTTP/")) && !bytes.ContainsAny(version, " \t"):
		return refusal(http.StatusHTTPVersionNotSupported, "version %.12q: want HTTP/1.1", version)
	default:
		return malformed("version %.12q: want HTTP/1.1", version)
	}
	uri, err := url.ParseRequestURI(string(target))
	if err != nil {
		return malformed("request target %.40q: %v", target, err)
	}
	u.otherPath = strings.TrimSuffix(uri.Path, "/") != strings.TrimSuffix(u.server.path, "/")
	u.otherMethod = string(method) != http.MethodGet
	return nil
}

// field reads one header line.
func (u *upgrade) field(t *terms, line []byte) *RefusedError {
	if u.fields++; u.fields > maxHeaderLines {
		return refusal(http.StatusRequestHeaderFieldsTooLarge, "more than %d header lines", maxHeaderLines)
	}
	name, value, ok := bytes.Cut(line, []byte(":"))
	// This also refuses a line that begins with a blank, once a way to continue the line before (RFC 9112, 5.2), and a blank
	// in front of the colon (5.1): proxies have been fooled with both.
	if !ok || !isToken(string(name)) {
		return malformed("header line %.40q: want a name, a colon and a value", line)
	}
	value = bytes.Trim(value, " \t")
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7F {
			return malformed("header %.64q: control character %#02x", name, c)
		}
	}
	if len(name) > maxHeaderName {
		return refusal(http.StatusRequestHeaderFieldsTooLarge, "a header name of %d bytes, limit %d", len(name), maxHeaderName)
	}
	if len(value) > t.maxValue {
		return refusal(http.StatusRequestHeaderFieldsTooLarge, "header %q: %d bytes, limit %d", name, len(value), t.maxValue)
	}
	httphead.CanonicalizeHeaderKey(name)
	switch string(name) {
	case "Upgrade":
		u.find(seenUpgrade, value, "websocket")
		return nil
	case "Connection":
		u.find(seenConnection, value, "upgrade")
		return nil
	}
	if u.client != nil {
		return u.answerField(name, value)
	}
	return u.requestField(name, value)
}

// requestField reads those headers that only a request has.
func (u *upgrade) requestField(name, value []byte) *RefusedError {
	s := u.server
	switch string(name) {
	case "Host":
		return u.once(seenHost, name)
	case "Sec-Websocket-Version":
		if string(value) == "13" {
			u.seen |= seenVersion13
		}
		return u.once(seenVersion, name)
	case "Sec-Websocket-Key":
		var random [keyLen]byte
		ok := len(value) == keyLen // which bounds what Decode writes
		if ok {
			n, err := base64.StdEncoding.Decode(random[:], value)
			ok = err == nil && n == keyRandom
		}
		if !ok {
			return malformed("Sec-WebSocket-Key %.40q: not 16 bytes in base64", value)
		}
		copy(u.key[:], value)
		return u.once(seenKey, name)
	case "Sec-Websocket-Protocol":
		httphead.ScanTokens(value, func(p []byte) bool {
			for i, known := range s.protocols {
				if u.protocol == 0 && string(p) == known {
					u.protocol = int16(i) + 1
				}
			}
			return u.protocol == 0 // the first of the client's list that is known
		})
	case "Sec-Websocket-Extensions":
		if s.compress && !u.deflates {
			u.deflates = offersDeflate(value)
		}
	case "X-Forwarded-For":
		if s.forwarded != nil && u.seen&seenForwarded == 0 {
			u.seen |= seenForwarded
			first, _, _ := bytes.Cut(value, []byte(","))
			if a, err := netip.ParseAddr(string(bytes.TrimSpace(first))); err == nil && a.Zone() == "" {
				u.addr = a.Unmap()
			}
		}
	}
	// The name may be any, one of those above too.
	if f := s.forwarded; f != nil && f.CommonNameHeader != "" && strings.EqualFold(string(name), f.CommonNameHeader) {
		if !utf8.Valid(value) {
			return malformed("header %s: not UTF-8", name)
		}
		u.name = string(value)
		// A proxy that adds its header to that of the client instead of replacing it lets the client choose its name.
		return u.once(seenName, name)
	}
	return nil
}

// once notes a header that may come once.
func (u *upgrade) once(s seen, name []byte) *RefusedError {
	if u.seen&s != 0 {
		return malformed("header %s: comes twice", name)
	}
	u.seen |= s
	return nil
}

// find notes s if the list in value has the word, in whatever case.
func (u *upgrade) find(s seen, value []byte, word string) {
	httphead.ScanTokens(value, func(p []byte) bool {
		if strings.EqualFold(string(p), word) {
			u.seen |= s
		}
		return true
	})
}

// verdict is nil if the head, which has ended, is one that opens a connection.
func (u *upgrade) verdict() *RefusedError {
	if u.client != nil {
		return u.clientVerdict()
	}
	has := func(s seen) bool { return u.seen&s == s }
	f := u.server.forwarded
	switch {
	case !has(seenHost) && !u.old:
		return malformed("no Host header")
	case u.otherPath:
		return refusal(http.StatusNotFound, "only %s is served", u.server.path)
	case u.old || !has(seenUpgrade|seenConnection):
		return refusal(http.StatusUpgradeRequired, "a request that does not ask for WebSocket")
	case u.otherMethod:
		return refusal(http.StatusMethodNotAllowed, "only GET can be upgraded")
	case !has(seenVersion13):
		return refusal(http.StatusUpgradeRequired, "only Sec-WebSocket-Version 13 is known")
	case !has(seenKey):
		return malformed("no Sec-WebSocket-Key header")
	case u.protocol == 0:
		return malformed("none of the sub-protocols %s is asked for", strings.Join(u.server.protocols, ", "))
	case f == nil:
		return nil
	case !u.server.trusts(u.socket.Addr()):
		return refusal(http.StatusForbidden, "the peer %s is not a trusted intermediate", u.socket.Addr())
	case !u.addr.IsValid():
		return malformed("X-Forwarded-For does not begin with an address")
	case f.CommonNameHeader != "" && u.name == "":
		return malformed("no %s header, which has to name the client", f.CommonNameHeader)
	}
	return nil
}

// acceptOf appends what a server has to answer to a key (RFC 6455, 4.2.2): only one that speaks WebSocket knows how.
func acceptOf(dst, key []byte) []byte {
	sum := sha1.Sum(append(key[:len(key):len(key)], "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...))
	return base64.StdEncoding.AppendEncode(dst, sum[:])
}

// isToken tells whether s is a token of RFC 9110, 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if !httphead.OctetTypes[s[i]].IsToken() {
			return false
		}
	}
	return s != ""
}
