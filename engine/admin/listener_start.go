package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll/tlslayer"
	"github.com/vernemq/vmq/netpoll/wslayer"
)

// WebListener is a listener of kind http that an operator starts.
type WebListener struct {
	// Name is what it is known by: its address.
	Name string
	// Address is ip:port.
	Address string
	// Modules are those it serves; nil: those of the configuration.
	Modules []string
	// MaxConnections at the same time; 0: no limit.
	MaxConnections int
	// Proxy expects a PROXY header in front of each connection.
	Proxy bool
	// TLS, if not nil, makes clients speak TLS.
	TLS *tlslayer.Options
}

func (t *Commands) listenerStart() Command {
	return Command{
		Path: "listener start", Synopsis: identitySynopsis + " [<options>]", Summary: "Start a listener",
		Help: "Starts a listener, which serves MQTT over TCP unless options say otherwise. It is forgotten when the broker\n" +
			"stops, and takes nothing over from the configuration.",
		Args: identityArgs, Do: t.startListener,
		Flags: []Flag{
			mountpointFlag("Mountpoint of the clients."),
			{Name: "max_connections", Value: "<number>|infinity", Help: "The most connections at the same time. Default: infinity.", Check: isNumberOrInfinity},
			{Name: "nr_of_acceptors", Value: "<number>", Help: "Accepted for scripts: listeners have no acceptors here.", Check: isNumber(0)},
			{Name: "tls_handshake_timeout", Value: "<ms>|infinity", Help: "The longest time for a TLS handshake. Default: 5000.", Check: isNumberOrInfinity},
			{Name: "websocket", Help: "MQTT over WebSocket, at the path /mqtt."},
			{Name: "http", Help: "HTTP."},
			{Name: "ssl", Help: "TLS. Options of TLS mean nothing without it."},
			{Name: "allowed_protocol_versions", Value: "<3,4,5>", Help: "Protocol levels that may connect. Default: 3,4.", Check: isVersions},
			{Name: "allow_anonymous_override", Value: "true|false", Help: "Admit clients without credentials. Default: false.", Check: isBool},
			{Name: "auth_plugins", Value: "[<plugin>,...]", Help: "Plugins that authenticate clients of this listener. Default: all.", Check: isText},
			{Name: "authz_plugins", Value: "[<plugin>,...]", Help: "Plugins that authorize clients of this listener. Default: all.", Check: isText},
			{Name: "proxy_protocol", Help: "Expect a PROXY header, version 1 or 2."},
			{Name: "proxy_protocol_use_cn_as_username", Value: "true|false", Help: "Take the user name from the certificate in that header. Default: true."},
			{Name: "proxy_xff_support", Value: "true|false", Help: "Take the client's address from X-Forwarded-For. Default: false."},
			{Name: "proxy_xff_use_cn_as_username", Value: "true|false", Help: "Take the user name from a header. Default: false."},
			{Name: "proxy_xff_trusted_intermediate", Value: "<ip;ip;...>", Help: "Proxies that may send X-Forwarded-For.", Check: isText},
			{Name: "proxy_xff_cn_header", Value: "<header>", Help: "That header. Default: x-ssl-client-cn.", Check: isText},
			{Name: "forward_connection_opts", Value: "true|false", Help: "Pass facts about the connection to plugins. Default: false.", Check: isBool},
			{Name: "cafile", Value: "<file>", Help: "Authorities of clients' certificates.", Check: isFile},
			{Name: "certfile", Value: "<file>", Help: "Certificate of the listener.", Check: isFile},
			{Name: "keyfile", Value: "<file>", Help: "Its private key.", Check: isFile},
			{Name: "keypasswd", Value: "<password>", Help: "Password of the private key.", Check: isText},
			{Name: "crlfile", Value: "<file>", Help: "Revoked certificates.", Check: isFile},
			{Name: "pskfile", Value: "<file>", Help: "Pre-shared keys.", Check: isFile},
			{Name: "tls_version", Value: "<version,...>", Help: "tlsv1.2 and tlsv1.3. Default: tlsv1.2.", Check: isTLSVersions, Complete: tlsVersions},
			{Name: "ciphers", Value: "<cipher:...>", Help: "Cipher suites. Default: those that are safe.", Check: isText},
			{Name: "eccs", Value: "<curve:...>", Help: "Elliptic curves. Default: all.", Check: isText},
			{Name: "require_certificate", Value: "true|false", Help: "Refuse clients without a certificate. Default: false.", Check: isSwitch},
			{Name: "use_identity_as_username", Value: "true|false", Help: "Take the user name from the certificate. Default: false.", Check: isSwitch},
			{Name: "psk_support", Value: "true|false", Help: "Pre-shared keys. Default: false.", Check: isSwitch},
			{Name: "http_modules", Value: "[<module>,...]", Help: "HTTP modules. Default: those of the configuration.", Check: isText},
			{Name: "config_mod", Value: "<module>", Help: "Accepted for scripts, without effect."},
			{Name: "config_fun", Value: "<function>", Help: "Accepted for scripts, without effect."},
		},
	}
}

var levels = map[string]session.Versions{
	"3": session.Level3, "4": session.Level4, "5": session.Level5, "131": session.Level131, "132": session.Level132,
}

func isVersions(value string, _ bool) error {
	for _, v := range strings.Split(value, ",") {
		if levels[strings.TrimSpace(v)] == 0 {
			return fmt.Errorf("%q: expected 3, 4, 5, 131 or 132, separated by commas", value)
		}
	}
	return nil
}

var tlsVersions = []string{"tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"}

func isTLSVersions(value string, _ bool) error {
	for _, v := range strings.Split(value, ",") {
		if !slices.Contains(tlsVersions, v) {
			return fmt.Errorf("%q: expected %s, separated by commas", value, strings.Join(tlsVersions, ", "))
		}
	}
	return nil
}

func (t *Commands) startListener(_ context.Context, in *Input) (Result, error) {
	address, port := in.Arg("address"), in.Arg("port")
	if address == "" || port == "" {
		return in.explain()
	}
	var err error
	id := listenerID(address, port)
	if in.Has("http") {
		err = t.startWeb(in, id)
	} else {
		var o engine.ListenerOptions
		if o, err = t.listenerOptions(in, address, port); err == nil {
			_, err = in.Broker.StartListener(o)
		}
	}
	if err != nil {
		return cannot("start", id, err), nil
	}
	return done, nil
}

func (t *Commands) startWeb(in *Input, address string) error {
	if t.options.StartWeb == nil {
		return errors.New("this broker serves no HTTP")
	}
	if strings.HasPrefix(address, localPrefix) {
		return errors.New("HTTP is not served on unix sockets")
	}
	w := WebListener{Name: address, Address: address, MaxConnections: maxConnections(in), Proxy: in.Has("proxy_protocol")}
	if list, given := in.Flag("http_modules"); given {
		w.Modules = bracketed(list)
	}
	if in.Has("ssl") {
		w.TLS = tlsOf(in)
	}
	return t.options.StartWeb(w)
}

// listenerOptions turns the flags into the engine's options.
func (t *Commands) listenerOptions(in *Input, address, port string) (engine.ListenerOptions, error) {
	id := listenerID(address, port)
	o := engine.ListenerOptions{
		ListenerSettings: session.ListenerSettings{
			Name: id, Mountpoint: in.Text(flagMountpoint, ""), AllowAnonymous: isOn(in, "allow_anonymous_override", false),
			ForwardConnectionOpts: isOn(in, "forward_connection_opts", false),
		},
		Network: "tcp", Address: id, MaxConnections: maxConnections(in), Proxy: in.Has("proxy_protocol"),
	}
	if path, local := strings.CutPrefix(address, localPrefix); local {
		o.Network, o.Address = "unix", path
	}
	if v, given := in.Flag("allowed_protocol_versions"); given {
		for _, level := range strings.Split(v, ",") {
			o.Versions |= levels[strings.TrimSpace(level)]
		}
	}
	o.IdentityAsUsername = o.Proxy && isOn(in, "proxy_protocol_use_cn_as_username", true)
	if in.Has("ssl") {
		o.TLS = tlsOf(in)
		o.IdentityAsUsername = o.IdentityAsUsername || o.TLS.RequestCertificate
	}
	if in.Has("websocket") {
		o.WebSocket = &wslayer.Options{Compress: true}
		if isOn(in, "proxy_xff_support", false) && !o.Proxy {
			o.WebSocket.Forwarded = forwardedOf(in)
			o.IdentityAsUsername = o.IdentityAsUsername || o.WebSocket.Forwarded.CommonNameHeader != ""
		}
	}
	var errs [2]error
	o.AuthPlugins, errs[0] = t.chain(in, "auth_plugins")
	o.AuthzPlugins, errs[1] = t.chain(in, "authz_plugins")
	return o, errors.Join(errs[:]...)
}

func forwardedOf(in *Input) *wslayer.ForwardedOptions {
	f := &wslayer.ForwardedOptions{}
	for _, ip := range strings.Split(in.Text("proxy_xff_trusted_intermediate", ""), ";") {
		if ip = strings.TrimSpace(ip); ip != "" {
			f.Trusted = append(f.Trusted, ip)
		}
	}
	if isOn(in, "proxy_xff_use_cn_as_username", false) {
		f.CommonNameHeader = in.Text("proxy_xff_cn_header", "x-ssl-client-cn")
	}
	return f
}

// tlsOf turns the flags of TLS into the layer's options. A certificate is asked for where its name is used.
func tlsOf(in *Input) *tlslayer.Options {
	o := &tlslayer.Options{
		KeyPair: tlslayer.KeyPair{CertFile: in.Text("certfile", ""), KeyFile: in.Text("keyfile", ""), Password: in.Text("keypasswd", "")},
		CAFile:  in.Text("cafile", ""), Depth: 1, CRLFile: in.Text("crlfile", ""),
		RequireCertificate: isOn(in, "require_certificate", false), RequestCertificate: isOn(in, "use_identity_as_username", false),
		Ciphers: in.Text("ciphers", ""), PSK: isOn(in, "psk_support", false),
		HandshakeTimeout: handshakeTimeout(in),
	}
	if v, given := in.Flag("tls_version"); given {
		o.Versions = strings.Split(v, ",")
	}
	if v, given := in.Flag("eccs"); given {
		o.Curves = strings.Split(v, ":")
	}
	return o
}

// handshakeTimeout is the layer's: negative for none.
func handshakeTimeout(in *Input) time.Duration {
	const name = "tls_handshake_timeout"
	switch v, given := in.Flag(name); {
	case !given:
		return 0
	case v == infinity:
		return -1
	}
	return max(time.Duration(in.Int(name, 0))*time.Millisecond, time.Millisecond)
}

// maxConnections is 0 for no limit.
func maxConnections(in *Input) int { return in.Int("max_connections", 0) }

// isOn is a flag that says true or false. A flag without value is true.
func isOn(in *Input, name string, other bool) bool {
	switch v, given := in.Flag(name); {
	case !in.Has(name):
		return other
	case given:
		return v == "true"
	}
	return true
}

// bracketed splits [a,b] or a,b.
func bracketed(s string) []string {
	parts := splitList(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "["), "]"))
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// chain reads a flag that lists plugins; nil if it was not given. A plugin that does not run is an error.
func (t *Commands) chain(in *Input, flag string) ([]string, error) {
	list, given := in.Flag(flag)
	if !given {
		return nil, nil
	}
	names := bracketed(list)
	err := error(nil)
	if t.options.Plugins != nil {
		err = t.options.Plugins.Check(names)
	} else if len(names) > 0 {
		err = fmt.Errorf("plugin %s: %w", names[0], ErrUnknownOrDisabled)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return names, nil
}
