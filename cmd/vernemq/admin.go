package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine/admin"
)

// openCommands makes the table of commands of operators: what vmq-admin and the HTTP API can do to this node.
func (n *node) openCommands() (err error) {
	c := n.config
	const day = 24 * time.Hour
	limits := admin.KeyLimits{MinLength: int(c.Int("min_apikey_length")), MaxExpiry: time.Duration(c.Int("max_apikey_expiry_days")) * day}
	if n.keys, err = admin.OpenKeys(filepath.Join(c.Node.DataDir, "api-keys.json"), limits); err != nil {
		return err
	}
	n.commands = admin.New(admin.Options{
		Broker: n.running.Load, NodeName: c.Node.Name, Version: version, Logger: n.log,
		Settings: liveSettings{n}, Keys: n.keys,
		Plugins: operatedPlugins{n}, Reauthorize: n.reauthorize,
		Logs: operatedLogs{n.logs}, Trace: n.trace, StopTraces: n.stopTraces,
		StartWeb: n.startWebListener,
		Start:    n.startAgain, Stop: n.stopAside,
	})
	return nil
}

// liveSettings is the configuration as commands see it.
type liveSettings struct{ *node }

func (s liveSettings) Get(key string) (text string, found bool)     { return s.live.Get(key) }
func (s liveSettings) Effective() []config.Entry                    { return s.live.Load().Effective() }
func (s liveSettings) Initial(key string) (text string, found bool) { return s.config.Written(key) }

// stopAside stops the broker and leaves the process running, so that it can still be asked, and started again. Stopping one that is stopped
// is done already.
func (n *node) stopAside(context.Context) error {
	n.lifecycle.Lock()
	defer n.lifecycle.Unlock()
	if n.running.Swap(nil) == nil {
		return nil
	}
	n.log.Info("stopping the broker", "reason", "vmq-admin node stop")
	n.stopBroker()
	n.log.Info("the broker is stopped, and its process goes on")
	return nil
}

// startAgain starts the broker after stopAside, with the listeners of the configuration and the settings of now. Starting one that runs is
// done already.
func (n *node) startAgain(context.Context) error {
	n.lifecycle.Lock()
	defer n.lifecycle.Unlock()
	switch {
	case n.closing:
		return errors.New("the node is shutting down")
	case n.running.Load() != nil:
		return nil
	}
	n.setting.Lock()
	defer n.setting.Unlock()
	n.log.Info("starting the broker", "reason", "vmq-admin node start")
	if err := n.startBroker(); err != nil {
		n.log.Error("the broker cannot start", "reason", err)
		return err
	}
	n.listen()
	n.running.Store(n.broker)
	return nil
}
