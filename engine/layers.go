package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vernemq/vmq/netpoll"
	"github.com/vernemq/vmq/netpoll/proxy"
	"github.com/vernemq/vmq/netpoll/tlslayer"
	"github.com/vernemq/vmq/netpoll/wslayer"
)

// front is what stands between the sockets of one listener and their sessions: the PROXY protocol, then TLS, then
// WebSocket.
type front struct {
	proxy bool
	tls   *tlslayer.Server // nil: none
	ws    *wslayer.Server  // nil: none
}

// newFront makes what o asks for. The error names the file or option that is wrong.
func (b *Broker) newFront(o *ListenerOptions) (*front, error) {
	f := &front{proxy: o.Proxy}
	if o.WebSocket != nil {
		var err error
		if f.ws, err = wslayer.NewServer(webSocketOptions(*o.WebSocket)); err != nil {
			return nil, err
		}
	}
	if o.TLS == nil {
		return f, nil
	}
	options := *o.TLS
	if options.Pool == nil {
		options.Pool = b.handshakes
	}
	if options.Logger == nil {
		options.Logger = b.options.Logger.With("listener", o.Name)
	}
	var err error
	f.tls, err = tlslayer.New(options)
	return f, err
}

// webSocketOptions fills in what MQTT says about WebSocket.
func webSocketOptions(o wslayer.Options) wslayer.Options {
	if o.Path == "" {
		o.Path = "/mqtt"
	}
	if len(o.Protocols) == 0 {
		o.Protocols = []string{"mqtt", "mqttv3.1"} // [MQTT-6.0.0-4]; the second is that of clients of MQTT 3.1
	}
	return o
}

// layers is netpoll's Layers, nil for a plain listener.
func (f *front) layers() func(*netpoll.Conn) []netpoll.Layer {
	if !f.proxy && f.tls == nil && f.ws == nil {
		return nil
	}
	return func(c *netpoll.Conn) (chain []netpoll.Layer) {
		if f.proxy {
			chain = append(chain, proxy.New(c))
		}
		if f.tls != nil {
			chain = append(chain, f.tls.Layer(c))
		}
		if f.ws != nil {
			chain = append(chain, f.ws.Layer(c))
		}
		return chain
	}
}

// certificateCheck is how often listeners look whether their files have changed: soon enough for who has just renewed a
// certificate, and a few stat calls.
const certificateCheck = 10 * time.Second

// watchCertificates reloads changed files of TLS listeners until the broker stops. What cannot be loaded is logged once; the listener goes on
// with what it has.
func (b *Broker) watchCertificates() {
	tick := time.NewTicker(certificateCheck)
	defer tick.Stop()
	for {
		select {
		case <-b.stopped:
			return
		case <-tick.C:
		}
		for name, s := range b.tlsServers() {
			changed, err := s.ReloadIfChanged()
			switch {
			case err != nil:
				b.options.Logger.Error("changed certificates are not loaded", "listener", name, "reason", err)
			case changed:
				b.options.Logger.Info("certificates reloaded", "listener", name)
			}
		}
	}
}

// ReloadCertificates reads certificates, keys, authorities and revocation lists of all TLS listeners again, changed or not, for
// handshakes that begin afterwards. A listener whose files cannot be loaded goes on with what it has; the error names all of them.
// Any goroutine.
func (b *Broker) ReloadCertificates() error {
	var errs []error
	servers := b.tlsServers()
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		if err := servers[name].Reload(); err != nil {
			errs = append(errs, fmt.Errorf("listener %q: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// tlsServers returns the TLS listeners by name.
func (b *Broker) tlsServers() map[string]*tlslayer.Server {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[string]*tlslayer.Server)
	for name, l := range b.mu.listeners {
		if s := l.tls(); s != nil {
			all[name] = s
		}
	}
	return all
}
