package main

import (
	"strings"
	"time"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll/tlslayer"
	"github.com/vernemq/vmq/netpoll/wslayer"
)

// settings turns the configuration into what sessions obey. It differs from copying fields where the configuration has words or
// numbers, such as negative ones, for what the engine expresses otherwise.
func settings(c *config.Config) *session.Settings {
	return &session.Settings{
		AllowAnonymous:                    c.Session.AllowAnonymous,
		MaxClientIDSize:                   c.Session.MaxClientIDSize,
		MaxInflightMessages:               c.Session.MaxInflight,
		ReceiveMaxClient:                  c.Session.ReceiveMaxClient,
		ReceiveMaxBroker:                  c.Session.ReceiveMaxBroker,
		MaxOnlineMessages:                 c.Queue.MaxOnline,
		MaxOfflineMessages:                c.Queue.MaxOffline,
		OverrideMaxOnlineMessages:         c.Queue.OverrideMaxOnline,
		QueueLIFO:                         c.Queue.LIFO,
		RetryInterval:                     max(c.Session.RetryInterval, 0),
		PersistentClientExpiration:        c.Session.PersistentExpiration,
		MaxLastWillDelay:                  c.Session.MaxWillDelay,
		SuppressWillOnTakeover:            c.Session.SuppressWillOnTakeover,
		KeepAliveAsDebug:                  c.Session.KeepAliveAsDebug,
		DisconnectOnUnauthorizedPublishV3: c.Session.DisconnectUnauthorizedV3,
		MaxMessageRate:                    max(c.Session.MaxMessageRate, 0),
		TopicAliasMaxClient:               c.Session.TopicAliasMaxClient,
		TopicAliasMaxBroker:               c.Session.TopicAliasMaxBroker,
		MaxMessageSize:                    messageSize(c.Session.MaxMessageSize),
		MaxSubscriptionsPerClient:         max(c.Session.MaxSubscriptions, 0),
		TopicMaxDepth:                     c.Session.TopicMaxDepth,
		UpgradeOutgoingQoS:                c.Session.UpgradeOutgoingQoS,
		SharedPolicy:                      sharedPolicies[c.Routing.SharedPolicy],
		Systree:                           systree(c.Systree),
		RetainSyncWait:                    c.Routing.RetainSyncWait,
	}
}

// systree turns the two ways of the configuration to publish nothing into one.
func systree(c config.Systree) session.Systree {
	interval := max(c.Interval, 0)
	if !c.Enabled {
		interval = 0
	}
	return session.Systree{Interval: interval, Mountpoint: c.Mountpoint, QoS: c.QoS, Retain: c.Retain}
}

// protocolLimit is the largest remaining length that a fixed header can express.
const protocolLimit = 268435455

// messageSize turns max_message_size into a limit that the engine knows: 0 is the protocol's, and a negative one refuses every
// packet, for which one byte is small enough, because no CONNECT is that short.
func messageSize(n int) uint32 {
	if n < 0 {
		return 1
	}
	return uint32(min(n, protocolLimit))
}

var sharedPolicies = map[string]session.SharedPolicy{
	"prefer_local":               session.PreferLocal,
	"random":                     session.Random,
	"local_only":                 session.LocalOnly,
	"prefer_online_before_local": session.PreferOnlineBeforeLocal,
}

var protocolLevels = map[byte]session.Versions{
	3: session.Level3, 4: session.Level4, 5: session.Level5, 131: session.Level131, 132: session.Level132,
}

// listenerOptions turns one MQTT listener of the configuration into the engine's options.
func listenerOptions(c *config.Config, l config.Listener) engine.ListenerOptions {
	o := engine.ListenerOptions{
		ListenerSettings: session.ListenerSettings{
			Name: string(l.Kind) + "." + l.Name, Mountpoint: l.Mountpoint, AllowAnonymous: l.AllowAnonymous,
			MaxConnectionLifetime: l.MaxConnectionLifetime, ForwardConnectionOpts: l.ForwardConnectionOpts,
			AuthPlugins: l.AuthPlugins, AuthzPlugins: l.AuthzPlugins,
		},
		Network: l.Addr.Network(), Address: l.Addr.String(),
		MaxConnections: l.MaxConnections,
		ConnectTimeout: connectTimeout(c),
		SendBuffer:     l.SendBuffer, ReceiveBuffer: l.ReceiveBuffer,
	}
	o.Proxy = l.Proxy.Protocol
	o.IdentityAsUsername = l.TLS.IdentityAsUsername || l.Proxy.Protocol && l.Proxy.CNAsUsername
	if l.Kind == config.SSL || l.Kind == config.WSS {
		o.TLS = tlsOptions(l.TLS)
	}
	if l.Kind == config.WS || l.Kind == config.WSS {
		o.WebSocket = webSocketOptions(l)
		o.IdentityAsUsername = o.IdentityAsUsername || o.WebSocket.Forwarded != nil && l.Proxy.XFFCNAsUsername
	}
	for _, level := range l.Versions {
		o.Versions |= protocolLevels[level]
	}
	return o
}

// connectTimeout is mqtt_connect_timeout, of which 0 or less gives a connection no time at all; 0 would be the engine's own default.
func connectTimeout(c *config.Config) time.Duration {
	return max(c.Session.ConnectTimeout, time.Millisecond)
}

// tlsOptions turns the TLS options of a listener into those of the layer. A certificate is asked for where its name is used, even if
// clients may do without one.
func tlsOptions(t config.TLSOptions) *tlslayer.Options {
	o := &tlslayer.Options{
		KeyPair:            tlslayer.KeyPair{CertFile: t.CertFile, KeyFile: t.KeyFile, Password: t.KeyPassword},
		CAFile:             t.CAFile,
		Depth:              t.Depth,
		RequireCertificate: t.RequireCertificate,
		RequestCertificate: t.IdentityAsUsername,
		CRLFile:            t.CRLFile,
		CRLRefresh:         t.CRLRefresh,
		Versions:           t.Versions,
		Ciphers:            strings.Join(t.Ciphers, ":"),
		Curves:             t.Curves,
		PSK:                t.PSK,
		HandshakeTimeout:   t.HandshakeTimeout,
	}
	if t.HandshakeTimeout == 0 {
		o.HandshakeTimeout = -1 // never: 0 would be the layer's own default
	}
	return o
}

// webSocketOptions turns the options of a WebSocket listener into those of the layer. A PROXY header says who the client is, so
// X-Forwarded-For does not count behind one.
func webSocketOptions(l config.Listener) *wslayer.Options {
	o := &wslayer.Options{
		MaxRequestLine: l.Web.MaxRequestLine,
		MaxHeaderValue: l.Web.MaxHeaderValue,
		MaxFrame:       l.Web.MaxFrame,
		Compress:       true,
	}
	if l.Proxy.XFF && !l.Proxy.Protocol {
		o.Forwarded = &wslayer.ForwardedOptions{Trusted: l.Proxy.XFFTrusted}
		if l.Proxy.XFFCNAsUsername {
			o.Forwarded.CommonNameHeader = l.Proxy.XFFCNHeader
		}
	}
	return o
}
