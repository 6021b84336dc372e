package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/admin"
	"github.com/vernemq/vmq/engine/web"
)

// startWeb makes what HTTP listeners share, and pushes metrics to Graphite while the configuration says so.
func (n *node) startWeb() {
	n.web.Store(web.NewServer(web.Options{
		Broker: n.broker, Version: version, Namespace: namespace(n.config), Problems: n.problems, Logger: n.log,
		Commands: n.commands.API(), Keys: n.keys, Publisher: n.httpPublisher,
	}))
	ctx, stop := context.WithCancel(context.Background())
	graphite := &web.Graphite{
		Settings: func() web.GraphiteSettings { return graphiteSettings(n.live.Load()) },
		Metrics:  n.broker.Metrics, Logger: n.log,
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		graphite.Run(ctx)
	}()
	n.stopGraphite = func() {
		stop()
		<-ended
	}
}

// listenWeb opens an HTTP listener. One that cannot be opened is an error in the log; the others serve all the same.
func (n *node) listenWeb(l config.Listener) {
	o := webOptions(n.config, l)
	listener, err := n.web.Load().Listen(o)
	if err != nil {
		n.log.Error("listener not started", "kind", l.Kind, "name", l.Name, "address", o.Address, "reason", err)
		return
	}
	n.log.Info("listening", "kind", l.Kind, "name", l.Name, "address", listener.Addr().String(), "modules", fmt.Sprint(o.Modules))
}

// startWebListener opens one for an operator, with the modules and the access that the configuration has for all.
func (n *node) startWebListener(l admin.WebListener) error {
	w := n.web.Load()
	if n.running.Load() == nil || w == nil {
		return engine.ErrStopped
	}
	modules := l.Modules
	if modules == nil {
		all, _ := n.config.Get("http_modules")
		modules = all.List()
	}
	_, err := w.Listen(web.ListenerOptions{
		Name: l.Name, Address: l.Address, Modules: modules, Auth: access(n.config, l.Name, modules),
		MaxConnections: l.MaxConnections, Proxy: l.Proxy, TLS: l.TLS,
	})
	return err
}

// stopWeb ends the HTTP listeners, which goes last, so that whoever watches the node sees how it stops.
func (n *node) stopWeb() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	n.web.Load().Stop(ctx)
	n.stopGraphite()
}

// webOptions turns one HTTP listener of the configuration into the server's options.
func webOptions(c *config.Config, l config.Listener) web.ListenerOptions {
	name := string(l.Kind) + "." + l.Name
	o := web.ListenerOptions{
		Name: name, Address: l.Addr.String(), Modules: l.Web.Modules, MaxConnections: l.MaxConnections,
		MaxRequestLine: l.Web.MaxRequestLine, MaxHeaderValue: l.Web.MaxHeaderValue, Proxy: l.Proxy.Protocol,
	}
	if o.Modules == nil {
		modules, _ := c.Get("http_modules")
		o.Modules = modules.List()
	}
	o.Auth = access(c, name, o.Modules)
	if l.Kind == config.HTTPS {
		o.TLS = tlsOptions(l.TLS)
	}
	return o
}

// access is what the modules of a listener ask of their users. The listener's own key wins. That of the module, which is missing for one
// that nobody mentions, has the module's default.
func access(c *config.Config, listener string, modules []string) map[string]web.AuthMode {
	auth := make(map[string]web.AuthMode)
	for _, module := range modules {
		for _, key := range []string{"listener." + listener + ".http_module." + module, "http_module." + module} {
			if mode := c.Text(key + ".auth.mode"); mode != "" {
				auth[module] = web.AuthMode(mode)
				break
			}
		}
	}
	return auth
}

// namespace is prometheus_namespace, in which two double quotes stand for nothing.
func namespace(c *config.Config) string { return strings.Trim(c.Text("prometheus_namespace"), `"`) }

func graphiteSettings(c *config.Config) web.GraphiteSettings {
	millis := func(key string) time.Duration { return time.Duration(c.Int(key)) * time.Millisecond }
	return web.GraphiteSettings{
		Enabled:  c.On("graphite_enabled") && c.Text("graphite_host") != "",
		Address:  net.JoinHostPort(c.Text("graphite_host"), strconv.FormatInt(c.Int("graphite_port"), 10)),
		Interval: millis("graphite_interval"), ConnectTimeout: millis("graphite_connect_timeout"),
		ReconnectPause: millis("graphite_reconnect_timeout"),
		APIKey:         c.Text("graphite_api_key"), Prefix: c.Text("graphite_prefix"), Labels: c.On("graphite_include_labels"),
	}
}

// isWeb says whether a listener serves HTTP rather than MQTT.
func isWeb(l config.Listener) bool { return l.Kind == config.HTTP || l.Kind == config.HTTPS }
