package wslayer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/vernemq/vmq/netpoll"
)

// TestUpgrade sends the request of RFC 6455, with a frame right behind it, cut in two at each place and byte by byte.
func TestUpgrade(t *testing.T) {
	s := newServer(t, options())
	in := append([]byte(request), from(binaryFrame("CONNECT"))...)
	check := func(how string, at int, g got) {
		t.Helper()
		if g.err != nil || string(g.wire) != answer || string(g.plain) != "CONNECT" {
			t.Errorf("%s %d: plain %q, wire %q, error %v", how, at, g.plain, g.wire, g.err)
		}
	}
	for at := range in {
		l := s.Layer(nil)
		check("cut at", at, feedAt(l, in, at))
		if l.Protocol() != "mqtt" {
			t.Errorf("cut at %d: protocol %q", at, l.Protocol())
		}
	}
	check("pieces of", 1, feed(s.Layer(nil), in, 1))
}

// header replaces or, with an empty line, removes a header of the request.
func header(name, line string) string {
	var b strings.Builder
	for l := range strings.Lines(request) {
		if strings.HasPrefix(l, name+":") {
			l = line
			if l != "" {
				l += "\r\n"
			}
		}
		b.WriteString(l)
	}
	return b.String()
}

// TestRequests is what clients, browsers, proxies and attackers send, and the status they get.
func TestRequests(t *testing.T) {
	first := func(line string) string { return line + strings.TrimPrefix(request, "GET /mqtt HTTP/1.1") }
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, test := range []struct {
		what, request string
		status        int
	}{
		{"the plain request", request, 101},
		{"line feeds alone", strings.ReplaceAll(request, "\r\n", "\n"), 101},
		{"empty lines in front", "\r\n\r\n" + request, 101},
		{"too many of them", strings.Repeat("\r\n", 6) + request, 400},
		{"names in another case", strings.ReplaceAll(strings.ReplaceAll(request, "Sec-WebSocket", "sec-websocket"), "Upgrade:", "UPGRADE:"), 101},
		{"a query", first("GET /mqtt?token=1&x=/ HTTP/1.1"), 101},
		{"a trailing slash", first("GET /mqtt/ HTTP/1.1"), 101},
		{"percent signs", first("GET /%6Dqtt HTTP/1.1"), 101},
		{"an absolute target", first("GET http://example.com/mqtt HTTP/1.1"), 101},
		{"words around Upgrade", header("Connection", "Connection: keep-alive, Upgrade"), 101},
		{"several protocols named", header("Upgrade", "Upgrade: h2c, WebSocket"), 101},
		{"blanks around a value", header("Sec-WebSocket-Version", "Sec-WebSocket-Version: \t 13 \t"), 101},
		{"no blanks around a value", header("Sec-WebSocket-Version", "Sec-WebSocket-Version:13"), 101},

		{"another path", first("GET / HTTP/1.1"), 404},
		{"a longer path", first("GET /mqtt/x HTTP/1.1"), 404},
		{"a path in another case", first("GET /MQTT HTTP/1.1"), 404},
		{"a health check", "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"another path and method", "POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 404},
		{"a star", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404},

		{"a browser's address bar", "GET /mqtt HTTP/1.1\r\nHost: x\r\n\r\n", 426},
		{"HEAD", "HEAD /mqtt HTTP/1.1\r\nHost: x\r\n\r\n", 426},
		{"no Upgrade", header("Upgrade", ""), 426},
		{"another Upgrade", header("Upgrade", "Upgrade: h2c"), 426},
		{"no Connection", header("Connection", ""), 426},
		{"a Connection for something else", header("Connection", "Connection: keep-alive"), 426},
		{"HTTP/1.0", first("GET /mqtt HTTP/1.0"), 426},
		{"version 8", header("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), 426},
		{"no version", header("Sec-WebSocket-Version", ""), 426},

		{"POST with an Upgrade", first("POST /mqtt HTTP/1.1"), 405},

		{"HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		{"HTTP/0.9", "GET /mqtt\r\n\r\n", 400},
		{"a CONNECT of MQTT", "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test\n", 400},
		{"a ClientHello", "\x16\x03\x01\x02\x00\x01\n", 400},
		{"no method", first(" /mqtt HTTP/1.1"), 400},
		{"two blanks", first("GET  /mqtt HTTP/1.1"), 400},
		{"something behind the version", first("GET /mqtt HTTP/1.1 x"), 400},
		{"no slash", first("GET mqtt HTTP/1.1"), 400},
		{"a control character in the path", first("GET /mq\x01tt HTTP/1.1"), 400},
		{"a bad escape", first("GET /%zz HTTP/1.1"), 400},
		{"no Host", header("Host", ""), 400},
		{"two Hosts", with(request, "Host: other"), 400},
		{"no key", header("Sec-WebSocket-Key", ""), 400},
		{"a short key", header("Sec-WebSocket-Key", "Sec-WebSocket-Key: c2hvcnQ="), 400},
		{"a long key", header("Sec-WebSocket-Key", "Sec-WebSocket-Key: "+long(36)), 400},
		{"a key of 15 bytes", header("Sec-WebSocket-Key", "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ="), 400},
		{"a key of 17 bytes", header("Sec-WebSocket-Key", "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Njc="), 400},
		{"a key that is not base64", header("Sec-WebSocket-Key", "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="), 400},
		{"two keys", with(request, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400},
		{"two versions", with(request, "Sec-WebSocket-Version: 13"), 400},
		{"no sub-protocol", header("Sec-WebSocket-Protocol", ""), 400},
		{"an empty sub-protocol", header("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol:"), 400},
		{"unknown sub-protocols", header("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: foo, mqttv5, MQTT"), 400},
		{"a line without a colon", with(request, "Nonsense"), 400},
		{"a line without a name", with(request, ": nonsense"), 400},
		{"a blank in front of the colon", with(request, "X-Name : value"), 400},
		{"a line that goes on", with(request, "X-Name: a", " b"), 400},
		{"a control character in a value", with(request, "X-Name: a\x00b"), 400},
		{"a carriage return in a value", with(request, "X-Name: a\rb"), 400},

		{"the longest request line", first("GET /mqtt?" + long(8000-len("GET /mqtt? HTTP/1.1")) + " HTTP/1.1"), 101},
		{"a longer one", first("GET /mqtt?" + long(8001-len("GET /mqtt? HTTP/1.1")) + " HTTP/1.1"), 414},
		{"one without an end", long(9000), 414},
		{"the longest value", with(request, "Cookie: "+long(4096)), 101},
		{"a longer one", with(request, "Cookie: "+long(4097)), 431},
		{"a header line without an end", "GET /mqtt HTTP/1.1\r\nCookie: " + long(5000), 431},
		{"the longest name", with(request, long(64)+": x"), 101},
		{"a longer name", with(request, long(65)+": x"), 431},
		{"as many lines as may be", with(request, strings.Split(strings.Repeat("X-Name: x\n", 93)[:93*10-1], "\n")...), 101},
		{"one more", with(request, strings.Split(strings.Repeat("X-Name: x\n", 94)[:94*10-1], "\n")...), 431},
	} {
		s := newServer(t, options())
		for _, size := range []int{len(test.request), 1, 7, 1000} {
			l := s.Layer(nil)
			g := feed(l, []byte(test.request), size)
			method, _, _ := strings.Cut(strings.TrimLeft(test.request, "\r\n"), " ")
			if method != http.MethodHead {
				method = http.MethodGet
			}
			r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(g.wire)), &http.Request{Method: method})
			if err != nil {
				t.Errorf("%s: answer %q: %v", test.what, g.wire, err)
				continue
			}
			var refused *RefusedError
			switch {
			case r.StatusCode != test.status:
				t.Errorf("%s, pieces of %d: answer %q, error %v, want status %d", test.what, size, g.wire, g.err, test.status)
			case test.status == http.StatusSwitchingProtocols:
				if g.err != nil || l.State() != netpoll.LayerOpen {
					t.Errorf("%s: error %v", test.what, g.err)
				}
			case !errors.As(g.err, &refused) || refused.Status != test.status || !r.Close || len(g.plain) > 0:
				t.Errorf("%s: answer %q, error %v, plain %q", test.what, g.wire, g.err, g.plain)
			case test.status == 426 && (r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Sec-WebSocket-Version") != "13"):
				t.Errorf("%s: answer %q does not say what to upgrade to", test.what, g.wire)
			case test.status == 405 && r.Header.Get("Allow") != "GET":
				t.Errorf("%s: answer %q does not say what is allowed", test.what, g.wire)
			}
			if test.status != http.StatusSwitchingProtocols {
				if h := feed(l, []byte(request), 1000); h.err != nil || len(h.plain)+len(h.wire) > 0 {
					t.Errorf("%s: behind the refusal: plain %q, wire %q, error %v", test.what, h.plain, h.wire, h.err)
				}
				if wire := l.Close(nil, refused); len(wire) > 0 {
					t.Errorf("%s: farewell %q", test.what, wire)
				}
			}
		}
	}
}

// TestProtocols proves that the first of the client's list that is known is chosen.
func TestProtocols(t *testing.T) {
	for lines, want := range map[string]string{
		"Sec-WebSocket-Protocol: mqtt":                                          "mqtt",
		"Sec-WebSocket-Protocol: mqttv3.1":                                      "mqttv3.1",
		"Sec-WebSocket-Protocol: foo, mqtt, bar":                                "mqtt",
		"Sec-WebSocket-Protocol: mqtt,mqttv3.1":                                 "mqtt",
		"Sec-WebSocket-Protocol: mqttv3.1 , mqtt":                               "mqttv3.1",
		"Sec-WebSocket-Protocol: foo\r\nSec-WebSocket-Protocol: mqtt, mqttv3.1": "mqtt",
	} {
		l := newServer(t, options()).Layer(nil)
		g := feed(l, []byte(header("Sec-WebSocket-Protocol", lines)), 1000)
		if g.err != nil || l.Protocol() != want || !bytes.Contains(g.wire, []byte("Sec-WebSocket-Protocol: "+want+"\r\n")) {
			t.Errorf("%q: chosen %q, answer %q, error %v; want %q", lines, l.Protocol(), g.wire, g.err, want)
		}
	}
}

// TestForwarded has what proxies say, and what others say who are none.
func TestForwarded(t *testing.T) {
	addr := netip.MustParseAddrPort
	proxy := addr("192.0.2.1:4711")
	for _, test := range []struct {
		what   string
		peer   netip.AddrPort
		name   string // the header with the client's name
		lines  []string
		status int
		addr   netip.AddrPort
		cn     string
	}{
		{"a client", proxy, "", []string{"X-Forwarded-For: 198.51.100.7"}, 101, addr("198.51.100.7:4711"), ""},
		{"through two proxies", proxy, "", []string{"X-Forwarded-For: 198.51.100.7, 203.0.113.9"}, 101, addr("198.51.100.7:4711"), ""},
		{"in two lines", proxy, "", []string{"X-Forwarded-For: 198.51.100.7", "X-Forwarded-For: 203.0.113.9"}, 101, addr("198.51.100.7:4711"), ""},
		{"IPv6", proxy, "", []string{"X-Forwarded-For: 2001:db8::1"}, 101, addr("[2001:db8::1]:4711"), ""},
		{"IPv4 in IPv6", addr("[::ffff:192.0.2.1]:4711"), "", []string{"X-Forwarded-For: ::ffff:198.51.100.7"}, 101, addr("198.51.100.7:4711"), ""},
		{"a stranger", addr("192.0.2.2:4711"), "", []string{"X-Forwarded-For: 198.51.100.7"}, 403, addr("192.0.2.2:4711"), ""},
		{"no header", proxy, "", nil, 400, proxy, ""},
		{"an empty header", proxy, "", []string{"X-Forwarded-For:"}, 400, proxy, ""},
		{"a port", proxy, "", []string{"X-Forwarded-For: 198.51.100.7:80"}, 400, proxy, ""},
		{"a name", proxy, "", []string{"X-Forwarded-For: unknown, 198.51.100.7"}, 400, proxy, ""},
		{"a zone", proxy, "", []string{"X-Forwarded-For: fe80::1%eth0"}, 400, proxy, ""},
		{"a common name", proxy, "x-ssl-client-cn", []string{"X-Forwarded-For: 198.51.100.7", "X-SSL-Client-CN: Zoë"}, 101, addr("198.51.100.7:4711"), "Zoë"},
		{"in another header", proxy, "Origin", []string{"X-Forwarded-For: 198.51.100.7"}, 101, addr("198.51.100.7:4711"), "http://example.com"},
		{"not asked for", proxy, "", []string{"X-Forwarded-For: 198.51.100.7", "X-SSL-Client-CN: zoe"}, 101, addr("198.51.100.7:4711"), ""},
		{"no common name", proxy, "x-ssl-client-cn", []string{"X-Forwarded-For: 198.51.100.7"}, 400, proxy, ""},
		{"an empty one", proxy, "x-ssl-client-cn", []string{"X-Forwarded-For: 198.51.100.7", "X-SSL-Client-CN: "}, 400, proxy, ""},
		{"two", proxy, "x-ssl-client-cn", []string{"X-Forwarded-For: 198.51.100.7", "X-SSL-Client-CN: a", "x-ssl-client-cn: b"}, 400, proxy, ""},
		{"not UTF-8", proxy, "x-ssl-client-cn", []string{"X-Forwarded-For: 198.51.100.7", "x-ssl-client-cn: \xff"}, 400, proxy, ""},
	} {
		o := options()
		o.Forwarded = &ForwardedOptions{Trusted: []string{proxy.Addr().String()}, CommonNameHeader: test.name}
		p := &fakePeer{addr: test.peer}
		g := feed(newServer(t, o).Layer(p), []byte(with(request, test.lines...)), 3)
		cn := ""
		if p.identity != nil {
			cn = p.identity.CommonName
		}
		status := http.StatusSwitchingProtocols
		var refused *RefusedError
		if errors.As(g.err, &refused) {
			status = refused.Status
		}
		if status != test.status || p.addr != test.addr || cn != test.cn || (p.identity != nil) != (test.cn != "") {
			t.Errorf("%s: status %d (%v), address %s, name %q; want %d, %s, %q", test.what, status, g.err, p.addr, cn, test.status, test.addr, test.cn)
		}
	}
	o := options() // a header that nobody asked for is not believed
	p := &fakePeer{addr: proxy}
	if g := feed(newServer(t, o).Layer(p), []byte(with(request, "X-Forwarded-For: 198.51.100.7")), 3); g.err != nil || p.addr != proxy {
		t.Errorf("not asked for: address %s, error %v", p.addr, g.err)
	}
}

// TestOptions has those that a Server or Client cannot work with.
func TestOptions(t *testing.T) {
	for _, change := range []func(*Options){
		func(o *Options) { o.Path = "" },
		func(o *Options) { o.Path = "mqtt" },
		func(o *Options) { o.Protocols = nil },
		func(o *Options) { o.Protocols = []string{"mqtt", ""} },
		func(o *Options) { o.Protocols = []string{"mqtt\r\n"} },
		func(o *Options) { o.Forwarded = &ForwardedOptions{CommonNameHeader: "a b"} },
		func(o *Options) { o.Forwarded = &ForwardedOptions{Trusted: []string{"192.0.2.0/24"}} },
	} {
		o := options()
		change(&o)
		if _, err := NewServer(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	for _, change := range []func(*ClientOptions){
		func(o *ClientOptions) { o.Path = "" },
		func(o *ClientOptions) { o.Path = "mqtt" },
		func(o *ClientOptions) { o.Path = "/mqtt x" },
		func(o *ClientOptions) { o.Host = "" },
		func(o *ClientOptions) { o.Host = "a\r\nb" },
		func(o *ClientOptions) { o.Protocols = nil },
	} {
		o := clientOptions()
		change(&o)
		if _, err := NewClient(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

// TestFarewells are the close frames of our side: one at most, and nothing behind it.
func TestFarewells(t *testing.T) {
	for _, test := range []struct {
		why  error
		want []byte
	}{
		{nil, to(closing(1000, ""))},
		{&CloseError{Code: StatusGoingAway}, to(closing(1001, ""))},
		{errors.New("too slow"), to(closing(1008, ""))},
		{io.EOF, nil},
	} {
		l := opened(t, options())
		if wire := l.Close([]byte("before"), test.why); string(wire) != "before"+string(test.want) {
			t.Errorf("%v: farewell % x, want % x", test.why, wire, test.want)
		}
		if wire := l.Close(nil, test.why); len(wire) > 0 {
			t.Errorf("%v: a second farewell % x", test.why, wire)
		}
		if wire, err := l.Output([]byte("late"), nil); len(wire) > 0 || err == nil {
			t.Errorf("%v: output behind the farewell: % x, error %v", test.why, wire, err)
		}
		if g := feed(l, from(binaryFrame("late")), 100); len(g.plain)+len(g.wire) > 0 || g.err != nil {
			t.Errorf("%v: input behind the farewell: plain %q, wire % x, error %v", test.why, g.plain, g.wire, g.err)
		}
	}
	l := newServer(t, options()).Layer(nil)
	if wire, err := l.Output([]byte("early"), nil); len(wire) > 0 || err == nil {
		t.Errorf("output in front of the upgrade: % x, error %v", wire, err)
	}
	if wire := l.Close(nil, nil); len(wire) > 0 {
		t.Errorf("farewell in front of the upgrade: % x", wire)
	}
}
