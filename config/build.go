package config

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// build fills the sections from the entries.
func (ld *loader) build() *Config {
	c := &Config{Home: ld.home, File: ld.mainFile, values: ld.entries}
	c.fillSections()
	// setup.data_dir is another name of platform_data_dir; it has a default that must not win.
	if e := c.values["setup.data_dir"]; e.source != (Pos{}) {
		c.Node.DataDir = c.path(e.value)
	}
	c.Listeners = ld.listeners(c)
	return c
}

// fillSections calls Set of each row that has one; they depend on their own value only, so their order does not matter.
func (c *Config) fillSections() {
	for _, e := range c.values {
		if e.row.Set != nil {
			e.row.Set(c, e.value)
		}
	}
}

// listeners resolves every listener that has an address.
func (ld *loader) listeners(c *Config) []Listener {
	var all []Listener
	for _, key := range slices.Sorted(maps.Keys(c.values)) {
		e := c.values[key]
		if e.row.Kind != Address || e.bad {
			continue
		}
		segments := splitKey(key)
		kind, name := ListenerKind(segments[1]), segments[2]
		source := e.source
		if source == (Pos{}) {
			source = ld.firstMention("listener."+string(kind), name)
		}
		all = append(all, c.listener(kind, name, e.value.Addr(), source))
	}
	slices.SortStableFunc(all, func(a, b Listener) int {
		return cmp.Or(slices.Index(listenerKinds, a.Kind)-slices.Index(listenerKinds, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// firstMention is the place of the first key that mentions a name.
func (ld *loader) firstMention(prefix, name string) Pos {
	var first Pos
	place := placeOrder(ld.layers.files)
	for key, s := range ld.settings {
		if p, n := s.row.family(key); p == prefix && n == name && (first == (Pos{}) || place(s.pos, first) < 0) {
			first = s.pos
		}
	}
	return first
}

// listener resolves one listener's options.
func (c *Config) listener(kind ListenerKind, name string, addr Addr, source Pos) Listener {
	o := optionsOf{c, kind, name}
	l := Listener{
		Kind: kind, Name: name, Addr: addr, Source: source,
		Built:                 Lookup(joinKey([]string{"listener", string(kind), name})).Status == Served,
		MaxConnections:        clampInt(max(o.num("max_connections"), 0)),
		MaxConnectionLifetime: max(o.get("max_connection_lifetime").Seconds(), 0),
		Mountpoint:            o.mountpoint(),
		AllowAnonymous:        o.get("allow_anonymous_override").On(),
		AuthPlugins:           o.get("auth_plugins").List(),
		AuthzPlugins:          o.get("authz_plugins").List(),
		ForwardConnectionOpts: o.get("forward_connection_opts").On(),
		Proxy: ProxyOptions{
			Protocol:        o.get("proxy_protocol").On(),
			CNAsUsername:    o.get("proxy_protocol_use_cn_as_username").On(),
			XFF:             o.get("proxy_xff_support").On(),
			XFFTrusted:      splitNonEmpty(o.get("proxy_xff_trusted_intermediate").Text(), ";"),
			XFFCNAsUsername: o.get("proxy_xff_use_cn_as_username").On(),
			XFFCNHeader:     o.get("proxy_xff_cn_header").Text(),
		},
		TLS: TLSOptions{
			CAFile: o.path("cafile"), CertFile: o.path("certfile"), KeyFile: o.path("keyfile"), CRLFile: o.path("crlfile"),
			CRLRefresh:         times(c.Int("crl_refresh_interval"), time.Millisecond),
			KeyPassword:        o.get("keypasswd").Text(),
			Depth:              clampInt(o.num("depth")),
			Ciphers:            splitNonEmpty(o.get("ciphers").Text(), ":"),
			Curves:             o.get("eccs").List(),
			Versions:           o.get("tls_version").List(),
			RequireCertificate: o.get("require_certificate").On(),
			IdentityAsUsername: o.get("use_identity_as_username").On(),
			PSK:                o.get("psk_support").On(),
			PSKFile:            o.path("pskfile"),
			PSKSeparator:       o.get("pskfile_separator").Text(),
			PSKHint:            o.get("psk_identity_hint").Text(),
		},
		Web: WebOptions{
			MaxRequestLine: clampInt(o.num("max_request_line_length")),
			MaxHeaderValue: clampInt(o.num("max_header_value_length")),
			MaxFrame:       c.Int("max_ws_frame_size"), // 0 for infinity
		},
	}
	for _, v := range o.get("allowed_protocol_versions").List() {
		n, _ := parseInt(v) // the row's Words admit numbers only
		l.Versions = append(l.Versions, byte(n))
	}
	if sizes := o.get("buffer_sizes").List(); len(sizes) == 3 {
		for i, to := range []*int{&l.SendBuffer, &l.ReceiveBuffer} { // the third is the size of a read, which is shared
			n, _ := parseInt(sizes[i]) // checked by Length
			*to = clampInt(n)
		}
	}
	if modules := o.get("http_modules").List(); len(modules) > 0 {
		l.Web.Modules = modules
	}
	l.TLS.HandshakeTimeout = o.handshakeTimeout()
	return l
}

// key is the listener's key.
func (l Listener) key() string { return joinKey([]string{"listener", string(l.Kind), l.Name}) }

// optionsOf looks up options of one listener.
type optionsOf struct {
	c    *Config
	kind ListenerKind
	name string
}

// get is the value of an option: what is written for the listener, for its kind, for all; then the default in that order. It is
// the zero Value where nothing says anything.
func (o optionsOf) get(option string) Value {
	keys := []string{
		joinKey([]string{"listener", string(o.kind), o.name}) + "." + option,
		"listener." + string(o.kind) + "." + option,
		"listener." + option,
	}
	for _, key := range keys {
		if e, found := o.c.values[key]; found && e.source != (Pos{}) && !e.bad && !leaves(option, e.value) {
			return e.value
		}
	}
	for _, key := range keys {
		r := Lookup(key)
		if r == nil || r.NoDefault || r.Kind == Address {
			continue
		}
		if v, wrong := r.convert(r.Default); wrong == nil && !leaves(option, v) {
			return v
		}
	}
	return Value{}
}

// leaves tells whether a value means "not set", so that the next level counts.
func leaves(option string, v Value) bool {
	switch option {
	case "max_connections", "max_connection_lifetime", "nr_of_acceptors", "tls_handshake_timeout":
		return v.Int() == -1
	case "mountpoint":
		return v.Text() == ""
	}
	return false
}

func (o optionsOf) num(option string) int64   { return o.get(option).Int() }
func (o optionsOf) path(option string) string { return absolute(o.c.Home, o.get(option).Text()) }

func (o optionsOf) mountpoint() string {
	m := o.get("mountpoint").Text()
	if m == "off" {
		return ""
	}
	return trimSlashes(m)
}

// handshakeTimeoutDefault is in force where no level sets a timeout.
const handshakeTimeoutDefault = 5 * time.Second

func (o optionsOf) handshakeTimeout() time.Duration {
	switch v := o.get("tls_handshake_timeout"); {
	case v.Is("infinity"):
		return 0
	case v.Int() > 0:
		return v.Millis()
	}
	return handshakeTimeoutDefault
}
