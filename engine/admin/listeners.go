package admin

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
)

// localPrefix stands before the path of a unix socket in an address.
const localPrefix = "local:"

// identityArgs are address and port, by which operators know a listener.
var identityArgs = []Arg{
	{Key: "address", Value: "<IpAddress>", Help: "IPv4 or IPv6 address, or local:<path> for a unix socket.", Check: isAddress},
	{Key: "port", Value: "<Port>", Help: "Port; 0 for a unix socket.", Check: isPort},
}

const identitySynopsis = "address=<IpAddress> port=<Port>"

func isAddress(s string) error {
	if path, local := strings.CutPrefix(s, localPrefix); local && path != "" {
		return nil
	}
	if _, err := netip.ParseAddr(s); err != nil {
		return errors.New("expected an IP address, or local:<path>")
	}
	return nil
}

func isPort(s string) error {
	if _, err := strconv.ParseUint(s, 10, 16); err != nil {
		return errors.New("expected a number from 0 to 65535")
	}
	return nil
}

func (t *Commands) listenerCommands() []Command {
	return []Command{
		{
			Path: "listener show", Synopsis: "[--tls] [--mqtt]", Summary: "Show all listeners",
			Help: "Shows the listeners of this node, and how many connections they have.",
			Flags: []Flag{
				{Name: "tls", Short: 't', Help: "Show the options of TLS, too."},
				{Name: "mqtt", Short: 'm', Help: "Show the options of MQTT, too."},
			},
			Do: showListeners,
		},
		t.listenerStart(),
		{
			Path: "listener stop", Synopsis: identitySynopsis + " [--kill_sessions]", Summary: "Stop accepting connections",
			Help: "Stops accepting. Connections go on, and restart accepts again. With --kill_sessions the listener is gone, and\n" +
				"so are its connections.",
			Args: identityArgs, Flags: []Flag{{Name: "kill_sessions", Short: 'k', Help: "End the connections, too."}},
			Do: onListener("stop", func(b *engine.Broker, which string, in *Input) error {
				return b.StopListener(which, in.Has("kill_sessions"))
			}),
		},
		{
			Path: "listener restart", Synopsis: identitySynopsis, Summary: "Accept connections again",
			Help: "Accepts connections again, after listener stop.", Args: identityArgs,
			Do: onListener("restart", func(b *engine.Broker, which string, _ *Input) error { return b.RestartListener(which) }),
		},
		{
			Path: "listener delete", Synopsis: identitySynopsis, Summary: "Delete a listener",
			Help: "Deletes a listener, and ends its connections.", Args: identityArgs,
			Do: onListener("delete", func(b *engine.Broker, which string, _ *Input) error {
				if err := b.DeleteListener(which); !errors.Is(err, engine.ErrUnknownListener) {
					return err
				}
				return nil
			}),
		},
	}
}

// onListener makes the handler of a command on one listener. What the engine refuses is an alert.
func onListener(verb string, do func(*engine.Broker, string, *Input) error) func(context.Context, *Input) (Result, error) {
	return func(_ context.Context, in *Input) (Result, error) {
		address, port := in.Arg("address"), in.Arg("port")
		if address == "" || port == "" {
			return in.explain()
		}
		id := listenerID(address, port)
		if err := do(in.Broker, id, in); err != nil {
			return cannot(verb, id, err), nil
		}
		return done, nil
	}
}

// cannot says why nothing became of a command on a listener. The reason begins with the word by which scripts know it, if there is one.
func cannot(verb, id string, err error) Result {
	reason := err.Error()
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		reason = "eaddrinuse: " + reason
	case errors.Is(err, engine.ErrListenerExists):
		reason = "already_started: " + reason
	case errors.Is(err, engine.ErrUnknownListener):
		reason = "not_found: vmq-admin listener show lists the listeners that there are"
	}
	return alert(fmt.Sprintf("Can't %s listener on %s: %s", verb, id, reason))
}

// listenerID is what the engine calls the listener at an address.
func listenerID(address, port string) string {
	if strings.HasPrefix(address, localPrefix) {
		return address
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	n, _ := strconv.ParseUint(port, 10, 16) // isPort has seen to it
	return netip.AddrPortFrom(ip, uint16(n)).String()
}

func showListeners(_ context.Context, in *Input) (Result, error) {
	table := &Table{Columns: []string{"type", "status", "address", "port", "mountpoint", "max_conns", "active_conns", "all_conns"}}
	if in.Has("tls") {
		table.Columns = append(table.Columns, "tls_version", "certfile", "cafile", "keyfile", "require_certificate",
			"use_identity_as_username", "psk_support", "pskfile")
	}
	if in.Has("mqtt") {
		table.Columns = append(table.Columns, "allowed_protocol_versions", "allow_anonymous_override")
	}
	for _, l := range in.Broker.Listeners() {
		status := "suspended"
		if l.Running {
			status = "running"
		}
		row := []any{l.Type, status, l.Address, strconv.Itoa(l.Port), l.Mountpoint,
			numberOrInfinity(l.MaxConnections), l.ActiveConnections, l.AllConnections}
		if in.Has("tls") {
			row = append(row, tlsCells(&l)...)
		}
		if in.Has("mqtt") {
			row = append(row, mqttCells(&l)...)
		}
		table.add(row...)
	}
	return Result{table}, nil
}

func numberOrInfinity(n int) any {
	if n == 0 {
		return infinity
	}
	return n
}

// defaultTLSVersion is what a listener serves that says nothing about it.
const defaultTLSVersion = "tlsv1.2"

func tlsCells(l *engine.ListenerInfo) []any {
	o := l.TLS
	if o == nil {
		return []any{"", "", "", "", "", "", "", ""}
	}
	versions := strings.Join(o.Versions, ",")
	if versions == "" {
		versions = defaultTLSVersion
	}
	return []any{versions, o.CertFile, o.CAFile, o.KeyFile, o.RequireCertificate, l.IdentityAsUsername, o.PSK, ""}
}

// protocolNames are what operators call protocol levels, in the order in which they are listed.
var protocolNames = []struct {
	level session.Versions
	name  string
}{
	{session.Level3, "mqtt 3.1"}, {session.Level4, "mqtt 3.1.1"}, {session.Level5, "mqtt 5"},
	{session.Level131, "mqtt 3.1 (bridge)"}, {session.Level132, "mqtt 3.1.1 (bridge)"},
}

func mqttCells(l *engine.ListenerInfo) []any {
	if !strings.HasPrefix(l.Type, "mqtt") {
		return []any{"", ""}
	}
	var names []string
	for _, p := range protocolNames {
		if l.Versions&p.level != 0 {
			names = append(names, p.name)
		}
	}
	return []any{strings.Join(names, ", "), l.AllowAnonymous}
}

// capital makes a sentence of an error's text.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
