package loadgen

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/vernemq/vmq/codec"
)

const (
	maxPayload = 256<<20 - 1 - 1<<16 // the largest packet of MQTT less room for any topic
	maxWindow  = 65535               // packet ids
)

// Validate tells everything that is wrong with o at once, one error for each, each with the name that the flag has; nil:
// a run can start.
func (o *Options) Validate() error {
	var p problems
	p.where(o)
	p.who(o)
	p.what(o)
	return errors.Join(p...)
}

// problems collects what Validate finds.
type problems []error

func (p *problems) addf(format string, args ...any) { *p = append(*p, fmt.Errorf(format, args...)) }

// atLeast complains about a number below low.
func (p *problems) atLeast(flag string, v, low int) {
	if v < low {
		p.addf("--%s %d: at least %d", flag, v, low)
	}
}

// notNegative complains about a duration below 0.
func (p *problems) notNegative(flag string, d time.Duration) {
	if d < 0 {
		p.addf("--%s %v: not below 0", flag, d)
	}
}

// where checks the addresses.
func (p *problems) where(o *Options) {
	if o.Host == "" {
		p.addf("--host is empty: the broker's name or address")
	}
	if o.Port < 1 || o.Port > 65535 {
		p.addf("--port %d: between 1 and 65535", o.Port)
	}
	for _, a := range o.LocalAddrs {
		if _, err := netip.ParseAddr(a); err != nil {
			p.addf("--local-addr %q: an IP address, without port", a)
		}
	}
	p.atLeast("loops", o.Loops, 0)
	p.transport(&o.Transport)
}

// transport checks what the layers themselves do not say with the name of a flag.
func (p *problems) transport(t *Transport) {
	if (t.CertFile == "") != (t.KeyFile == "") {
		p.addf("--cert %q, --key %q: both or neither", t.CertFile, t.KeyFile)
	}
	if given := t.CAFile != "" || t.CertFile != "" || t.Insecure || t.TLSVersions != "" || t.Ciphers != "" || t.Curves != ""; given && !t.TLS {
		p.addf("--cafile, --cert, --insecure, --tls-version, --ciphers and --curves: with --tls or --wss only")
	}
	if t.WebSocket && !strings.HasPrefix(t.Path, "/") {
		p.addf("--ws-path %q: begins with a slash", t.Path)
	}
}

// who checks the clients and how they connect.
func (p *problems) who(o *Options) {
	if !slices.Contains(Patterns, o.Pattern) {
		p.addf("pattern %q: one of %v", o.Pattern, Patterns)
		return
	}
	if o.Version != codec.V31 && o.Version != codec.V311 && o.Version != codec.V5 {
		p.addf("--mqtt-version %d: 3.1, 3.1.1 or 5", o.Version)
	}
	if o.Password != "" && o.Username == "" && o.Version != codec.V5 {
		p.addf("--password without --username: MQTT 3 allows a password only with a user name") // [MQTT-3.1.2-22] of 3.1.1
	}
	if o.KeepAlive < 0 || o.KeepAlive > 65535*time.Second || o.KeepAlive%time.Second != 0 {
		p.addf("--keep-alive %v: whole seconds between 0 and 65535", o.KeepAlive)
	}
	if o.Pattern == Connect {
		p.atLeast("connections", o.Connections, 1)
	} else {
		p.atLeast("publishers", o.Publishers, 1)
		if o.Pattern != Pairs && o.Pattern != Queue {
			p.atLeast("subscribers", o.Subscribers, 1)
		}
	}
	if strings.ContainsAny(o.Topic, "+#\x00") || o.Topic == "" {
		p.addf("--topic %q: a topic without wildcards, not empty", o.Topic)
	}
	if o.Pattern == Shared && (o.Group == "" || strings.ContainsAny(o.Group, "/+#\x00")) {
		p.addf("--group %q: a share name without /, + and #, not empty", o.Group) // [MQTT-4.8.2-1]
	}
	if o.ConnectRate < 0 {
		p.addf("--connect-rate %g: not below 0", o.ConnectRate)
	}
	p.atLeast("connect-window", o.ConnectWindow, 1)
	if o.ConnectTimeout <= 0 {
		p.addf("--connect-timeout %v: above 0", o.ConnectTimeout)
	}
	p.notNegative("hold", o.Hold)
}

// stages checks what is said about the halves of a run.
func (p *problems) stages(o *Options) {
	if !o.Pattern.stored() {
		if o.Only != "" {
			p.addf("--only %s: pattern %s has no halves", o.Only, o.Pattern)
		}
		return
	}
	if o.QoS == 0 {
		p.addf("--qos 0: 1 or 2, because an acknowledgement tells that a message is kept")
	}
	if o.WarmUp > 0 {
		p.addf("--warm-up %v: none, because all that is sent is delivered later", o.WarmUp)
	}
	if o.Filter != "" && o.Pattern != Retain {
		p.addf("--filter %q: with pattern retain only", o.Filter)
	}
	if o.Only == "" {
		return
	}
	if o.Only != Store && o.Only != Deliver {
		p.addf("--only %s: %s or %s", o.Only, Store, Deliver)
	}
	if o.Run == 0 || o.Messages == 0 {
		p.addf("--only %s: with --run and --messages, the same for both halves, by which the second knows what the first has sent", o.Only)
	}
}

// what checks the messages.
func (p *problems) what(o *Options) {
	if o.Pattern == Connect {
		return
	}
	if o.QoS > 2 {
		p.addf("--qos %d: 0, 1 or 2", o.QoS)
	}
	if o.SubQoS < -1 || o.SubQoS > 2 {
		p.addf("--sub-qos %d: 0, 1 or 2, or -1 for that of --qos", o.SubQoS)
	}
	if o.Payload < StampSize || o.Payload > maxPayload {
		p.addf("--payload %d: between %d and %d bytes, because each payload starts with a stamp of %d bytes (run, publisher, "+
			"sequence number, time) from which losses and latency are told", o.Payload, StampSize, maxPayload, StampSize)
	}
	if o.Rate < 0 || o.PerRate < 0 {
		p.addf("--rate %g, --per-publisher-rate %g: not below 0", o.Rate, o.PerRate)
	}
	if o.Rate > 0 && o.PerRate > 0 {
		p.addf("--rate %g and --per-publisher-rate %g: one of them", o.Rate, o.PerRate)
	}
	if o.Window < 1 || o.Window > maxWindow {
		p.addf("--window %d: between 1 and %d", o.Window, maxWindow)
	}
	p.atLeast("ahead", o.Ahead, 0)
	if o.Ahead > 0 && (o.Pattern == Shared || o.Pattern.stored()) {
		p.addf("--ahead %d: in pattern %s a publisher has no subscriber to wait for", o.Ahead, o.Pattern)
	}
	p.stages(o)
	p.atLeast("batch", o.BatchBytes, 1)
	p.atLeast("send-buffer", o.SendBuffer, 0)
	p.notNegative("warm-up", o.WarmUp)
	p.notNegative("drain", o.Drain)
	if o.Messages == 0 && o.Duration <= 0 {
		p.addf("--duration %v: above 0, unless --messages is set", o.Duration)
	}
}
