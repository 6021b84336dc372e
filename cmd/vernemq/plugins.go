package main

import (
	"context"
	"slices"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine/hook"
	"github.com/vernemq/vmq/engine/plugin"
	"github.com/vernemq/vmq/engine/plugin/acl"
	"github.com/vernemq/vmq/engine/plugin/httppub"
	"github.com/vernemq/vmq/engine/plugin/passwd"
	"github.com/vernemq/vmq/engine/plugin/textfile"
	"github.com/vernemq/vmq/engine/web"
)

// startPlugins starts what the configuration switches on. An error means that the node must not come up.
func (n *node) startPlugins() error {
	m := plugin.New(plugin.Options{
		Kinds: []plugin.Kind{
			acl.Kind(acl.Options{Settings: n.aclSettings, Reauthorize: n.broker.Reauthorize, Logger: n.log}),
			passwd.Kind(passwd.Options{Settings: n.passwdSettings, Logger: n.log}),
			httppub.Kind(httppub.Options{Broker: n.broker, Settings: n.httpPubSettings, Serve: n.httpPub.Store, Logger: n.log}),
		},
		On:      pluginChoices(n.config),
		Install: n.broker.SetHooks,
		Logger:  n.log,
	})
	n.plugins.Store(m)
	return m.Start()
}

// unbuilt are plugins of VerneMQ that are not built yet. The configuration warns about them, in words that fit better than those for a plugin
// that nobody knows.
var unbuilt = []string{"vmq_diversity", "vmq_webhooks", "vmq_bridge"}

// pluginChoices are the plugins that are on. A name without a flag of its own, such as plugins.mine.priority alone, is off.
func pluginChoices(c *config.Config) []plugin.Choice {
	names := append([]string{acl.Name, passwd.Name}, c.Names("plugins")...)
	slices.Sort(names)
	var on []plugin.Choice
	for _, name := range slices.Compact(names) {
		if slices.Contains(unbuilt, name) || !c.On("plugins."+name) {
			continue
		}
		choice := plugin.Choice{Name: name}
		if priority, found := c.Get("plugins." + name + ".priority"); found {
			choice.Priority = hook.Some(int(priority.Int()))
		}
		on = append(on, choice)
	}
	return on
}

// tellPlugins passes on what was set.
func (n *node) tellPlugins(changes []config.Change) {
	m := n.plugins.Load()
	if m == nil {
		return
	}
	values := make(map[string]string, len(changes))
	for _, ch := range changes {
		values[ch.Key] = ch.Text
	}
	m.ConfigChanged(context.Background(), values)
}

func (n *node) aclSettings() acl.Settings {
	c := n.live.Load()
	return acl.Settings{
		File:              fileSettings(c, "vmq_acl.acl_file", "vmq_acl.acl_reload_interval"),
		Shipped:           !c.IsSet("vmq_acl.acl_file"),
		MaxDepth:          c.Session.TopicMaxDepth,
		Lax:               !c.On("vmq_acl.strict_wildcards"),
		KeepSubscriptions: !c.On("vmq_acl.cancel_subscriptions"),
	}
}

func (n *node) passwdSettings() textfile.Settings {
	return fileSettings(n.live.Load(), "vmq_passwd.password_file", "vmq_passwd.password_reload_interval")
}

func fileSettings(c *config.Config, path, interval string) textfile.Settings {
	seconds, _ := c.Get(interval)
	return textfile.Settings{Path: c.Path(path), Interval: seconds.Seconds()}
}

// httpPublisher is the plugin that publishes over HTTP, or nil while it does not run.
func (n *node) httpPublisher() web.Publisher {
	if p := n.httpPub.Load(); p != nil {
		return p
	}
	return nil
}

// httpPubSettings are those of a listener, whose own keys win.
func (n *node) httpPubSettings(listener string) httppub.Settings {
	c := n.live.Load()
	find := func(key string) *string {
		for _, key := range []string{"listener." + listener + ".http_modules.vmq_http_pub." + key, "vmq_http_pub." + key} {
			if v, found := c.Get(key); found {
				text := v.Text()
				return &text
			}
		}
		return nil
	}
	text := func(key string) string {
		if t := find(key); t != nil {
			return *t
		}
		return ""
	}
	return httppub.Settings{
		Predefined: text("mqtt_auth.mode") == "predefined",
		User:       find("mqtt_auth.user"), Password: find("mqtt_auth.password"), ClientID: text("mqtt_auth.client_id"),
		Mountpoint: text("mountpoint"), Anonymous: c.Session.AllowAnonymous, MaxMessageSize: int(c.Session.MaxMessageSize),
	}
}
