package main

import "github.com/vernemq/vmq/config"

// set changes keys for as long as the node runs, all of them or none. Sessions obey the new values from their next connect on, or
// at once, as the documentation of each key says. The error is a *config.SetError. Any goroutine.
func (n *node) set(changes ...config.Change) error {
	n.setting.Lock()
	defer n.setting.Unlock()
	if err := n.live.Set(changes...); err != nil {
		return err
	}
	c := n.live.Load()
	if b := n.running.Load(); b != nil {
		b.Apply(settings(c))
		b.SetConnectTimeout(connectTimeout(c))
	}
	for _, ch := range changes {
		n.logChange(c, ch)
	}
	n.tellPlugins(changes)
	return nil
}

// logChange says what was set, and what the operator may not expect of it.
func (n *node) logChange(c *config.Config, ch config.Change) {
	row, text := config.Lookup(ch.Key), ch.Text
	if row.Secret {
		text = "***"
	}
	n.log.Info("set", "key", ch.Key, "value", text)
	value, _ := c.Get(ch.Key)
	switch {
	case row.Status == config.NotBuilt:
		n.log.Warn("this key belongs to a feature that is not built yet, so it has no effect", "key", ch.Key)
	case row.Advice != nil:
		if advice := row.Advice(value); advice != "" {
			n.log.Warn(advice, "key", ch.Key, "value", text)
		}
	}
}

// Set is set, for the commands of operators.
func (s liveSettings) Set(changes ...config.Change) error { return s.set(changes...) }
