package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/admin"
	"github.com/vernemq/vmq/engine/plugin"
	"github.com/vernemq/vmq/engine/plugin/httppub"
	"github.com/vernemq/vmq/engine/web"
	"github.com/vernemq/vmq/internal/control"
	"github.com/vernemq/vmq/internal/logging"
	"github.com/vernemq/vmq/netpoll"
)

// node is a running broker with what belongs to it in this process: the data directory, the log, the control socket.
type node struct {
	config  *config.Config // as it was at start
	live    *config.Live   // as it is now
	setting sync.Mutex     // held while live and broker are brought from one configuration to the next
	logs    *logging.Logs
	log     *slog.Logger // of logs
	lock    *dataLock
	loops   int                            // of each broker
	broker  *engine.Broker                 // exchanged with setting held
	plugins atomic.Pointer[plugin.Manager] // of broker
	httpPub atomic.Pointer[httppub.Plugin] // nil while it does not run
	control *control.Server

	commands  *admin.Commands
	keys      *admin.Keys
	running   atomic.Pointer[engine.Broker] // the broker, or nil between node stop and node start
	lifecycle sync.Mutex                    // held while running changes
	closing   bool                          // nothing starts any more; guarded by lifecycle

	stop context.CancelFunc // asked for by a command, has the same effect as a signal

	problems     *web.Problems              // what the log said that operators should know
	web          atomic.Pointer[web.Server] // of broker
	stopGraphite func()
}

// stopPatience is how long an orderly stop waits for clients to take their last packets. An idle client takes them at once; one
// that has not read for seconds will not now.
const stopPatience = 5 * time.Second

// startNode starts everything and returns when the listeners are open. On an error nothing is left running. terminal, if not
// nil, receives the log too. stop is called when somebody asks for the end through the control socket.
func startNode(c *config.Config, terminal io.Writer, stop context.CancelFunc) (*node, error) {
	begin := time.Now()
	n := &node{config: c, live: config.NewLive(c), loops: netpoll.SpareProcessor(), stop: stop}
	var err error
	if n.lock, err = lockData(c); err != nil {
		return nil, err
	}
	if n.logs, err = logging.Open(c.Log, terminal); err != nil {
		return nil, errors.Join(err, n.lock.release())
	}
	n.problems = web.NewProblems()
	n.log = slog.New(slog.NewMultiHandler(n.logs.Logger().Handler(), n.problems))
	n.logStart()
	if err = n.openCommands(); err == nil {
		err = n.startBroker()
	}
	if err != nil {
		n.log.Error("the broker cannot start", "reason", err)
		return nil, errors.Join(err, n.logs.Close(), n.lock.release())
	}
	n.listen()
	n.running.Store(n.broker)
	if n.control, err = control.Listen(socketPath(c), n.command); err != nil {
		n.log.Error("the broker cannot be controlled", "reason", err)
		n.stopBroker()
		return nil, errors.Join(err, n.logs.Close(), n.lock.release())
	}
	n.log.Info("ready", "node", c.Node.Name, "took", time.Since(begin).Round(time.Millisecond))
	return n, nil
}

// startBroker starts the event loops and the plugins, with the configuration as it is now. No listener is open yet. On an error nothing is
// left running.
func (n *node) startBroker() (err error) {
	c := n.live.Load()
	machine := machineMemory(os.DirFS("/"))
	limitMemory(machine)
	m := storeMemory(&c.Storage, machine)
	n.broker, err = engine.New(engine.Options{
		Loops: n.loops, NodeName: c.Node.Name, Settings: settings(c), RetainSweep: c.Routing.RetainSweep,
		Store: storeOptions(c, m), QueueMemory: int(m.queues), Logger: n.log,
	})
	if err != nil {
		return err
	}
	if err := n.broker.Start(); err != nil {
		return err
	}
	n.startWeb()
	if err := n.startPlugins(); err != nil {
		n.stopBroker()
		return fmt.Errorf("it would not know whom to let in: %w", err)
	}
	return nil
}

// logStart says what somebody who reads the log a week later wants to know about this start.
func (n *node) logStart() {
	c := n.config
	n.log.Info("starting", "version", version, "node", c.Node.Name, "pid", os.Getpid(), "go", runtime.Version(), "loops", n.loops)
	if c.File == "" {
		n.log.Info("no configuration file, so the built-in defaults are in force", "looked for", "etc/vernemq.conf", "home", c.Home)
	} else {
		n.log.Info("configuration", "file", c.File, "home", c.Home)
	}
	n.log.Info("data", "directory", c.Node.DataDir)
	for _, w := range c.Warnings {
		n.log.Warn(w.String())
	}
	limit := openFiles()
	switch wanted := uint64(c.Node.MaxPorts); {
	case limit == 0:
	case limit < openFilesWanted:
		n.log.Warn("few open files are allowed, and each connection needs one; raise ulimit -n", "limit", limit, "recommended", openFilesWanted)
	case c.IsSet("erlang.max_ports") && limit < wanted:
		n.log.Warn("fewer open files are allowed than erlang.max_ports asks for; raise ulimit -n", "limit", limit, "erlang.max_ports", wanted)
	default:
		n.log.Info("open files", "limit", limit)
	}
	if c.Session.AllowAnonymous {
		n.log.Warn("every client is admitted without credentials (allow_anonymous = on)")
	} else {
		n.log.Info("clients without credentials are refused (allow_anonymous = off)")
	}
}

// listen opens the listeners. One that cannot be opened is an error in the log; the others serve all the same.
func (n *node) listen() {
	open := 0
	for _, l := range n.config.Listeners {
		if !l.Built {
			continue // the warnings of the configuration say so
		}
		if isWeb(l) {
			n.listenWeb(l)
			continue
		}
		o := listenerOptions(n.config, l)
		listener, err := n.broker.Listen(o)
		if err != nil {
			n.log.Error("listener not started", "kind", l.Kind, "name", l.Name, "address", o.Address, "reason", err)
			continue
		}
		open++
		limit := "none"
		if l.MaxConnections > 0 {
			limit = fmt.Sprint(l.MaxConnections)
		}
		n.log.Info("listening", "kind", l.Kind, "name", l.Name, "address", listener.Addr().String(), "versions", fmt.Sprint(l.Versions),
			"max_connections", limit, "anonymous", l.AllowAnonymous || n.config.Session.AllowAnonymous)
	}
	if open == 0 {
		n.log.Error("no MQTT listener is open, so no client can connect")
	}
}

// command answers the control socket.
func (n *node) command(ctx context.Context, args []string, out io.Writer) int {
	switch args[0] {
	case "ping":
		fmt.Fprintln(out, "pong")
	case "getpid":
		fmt.Fprintln(out, os.Getpid())
	case admin.Verb:
		return n.commands.Answer(ctx, args[1:], out, control.Errors(out))
	case "backup":
		return n.backupCommand(args[1:], out)
	case "stop":
		fmt.Fprintln(out, "ok")
		n.stop()
	default:
		fmt.Fprintf(out, "There is no command %s.\n", args[0])
		return 1
	}
	return 0
}

// close stops everything in order: no new clients, the sessions ended, the socket gone, the data directory free.
func (n *node) close(why string) error {
	n.log.Info("stopping", "reason", why)
	n.lifecycle.Lock()
	n.closing = true
	if n.running.Swap(nil) != nil {
		n.stopBroker()
	}
	n.lifecycle.Unlock()
	n.control.Close()
	n.log.Info("stopped")
	return errors.Join(n.logs.Close(), n.lock.release())
}

// alive returns once every event loop has answered.
func (n *node) alive() {
	if b := n.running.Load(); b != nil {
		b.Metrics()
	}
}

// reopenLogs opens the files of the log again, after something else has moved them away.
func (n *node) reopenLogs() {
	if err := n.logs.Reopen(); err != nil {
		n.log.Error("a log file cannot be opened again", "reason", err)
		return
	}
	n.log.Info("log files opened again")
}

func (n *node) stopBroker() {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	n.web.Load().Stopping()
	n.broker.Stop(ctx)
	n.stopWeb()
	if m := n.plugins.Swap(nil); m != nil {
		m.Stop()
	}
}
