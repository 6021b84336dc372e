package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vernemq/vmq/engine"
)

// Flags of cluster leave, and the seconds that they mean by default.
const (
	flagSummary     = "summary-interval"
	flagTimeout     = "timeout"
	defaultSummary  = 5
	defaultDraining = 60
)

func (t *Commands) clusterLeave() Command {
	return Command{
		Path: "cluster leave", Synopsis: "node=<Node> [--kill_sessions] [--summary-interval=<seconds>] [--timeout=<seconds>]",
		Summary: "Make a node leave the cluster",
		Help: "Stops the MQTT listeners of a node, and leaves its sessions alone, so that they may go elsewhere one by one. With\n" +
			"--kill_sessions it ends the sessions, makes the node leave, and stops its broker. The process goes on.",
		Args: []Arg{{Key: "node", Value: "<Node>", Help: "The node that is to leave."}},
		Flags: []Flag{
			{Name: "kill_sessions", Short: 'k', Help: "End the sessions, leave, and stop the broker."},
			{Name: flagSummary, Short: 'i', Value: "<seconds>", Help: "How often to say how it goes. Default: 5.", Check: isNumber(1)},
			{Name: flagTimeout, Short: 't', Value: "<seconds>", Help: "How long sessions may take to end. Default: 60.", Check: isNumber(1)},
		},
		Do: t.leaveCluster,
	}
}

func (t *Commands) leaveCluster(ctx context.Context, in *Input) (Result, error) {
	switch node := in.Arg("node"); {
	case node == "":
		return alert("A node is missing: node=<Node> names the one that is to leave."), nil
	case node != t.options.NodeName: // no member, so it has left
		return done, nil
	case !in.Has("kill_sessions"):
		closeListeners(in.Broker, false)
		return text("Done! Use -k to end the sessions, too, and to leave."), nil
	case !t.leaving.CompareAndSwap(false, true):
		return alert("This node is leaving already."), nil
	}
	defer t.leaving.Store(false)
	// Half a departure is worse than either end of it, so it goes on when whoever asked for it has gone.
	return t.depart(context.WithoutCancel(ctx), in)
}

// depart ends the listeners and sessions of this node and stops its broker. What it has stored stays in its data directory: there is no other
// node that could take it over.
func (t *Commands) depart(ctx context.Context, in *Input) (Result, error) {
	closeListeners(in.Broker, true)
	interval, timeout := in.Int(flagSummary, defaultSummary), in.Int(flagTimeout, defaultDraining)
	pause := time.NewTicker(time.Duration(interval) * time.Second)
	defer pause.Stop()
	for left := max(1, timeout/interval); ; left-- {
		online, offline, err := queues(ctx, in.Broker)
		if err != nil {
			return nil, err
		}
		t.options.log("leaving the cluster", "online", online, "offline", offline)
		in.say("%d queues are online, %d offline", online, offline)
		if online == 0 {
			break
		}
		if left == 0 {
			return nil, &FailedError{alert(fmt.Sprintf("Still %d queues are online after %d seconds: see the log, and try again.", online, timeout))}
		}
		select {
		case <-pause.C:
		case <-in.Broker.Stopped():
			return nil, ErrNodeStopped
		}
	}
	in.say("No other node can take queues over: they stay in the data directory")
	if err := t.options.Stop(ctx); err != nil {
		return nil, err
	}
	return done, nil
}

// closeListeners stops accepting MQTT clients. With kill it deletes the listeners, which ends their sessions.
func closeListeners(b *engine.Broker, kill bool) {
	for _, l := range b.Listeners() {
		if strings.HasPrefix(l.Type, "mqtt") {
			_ = b.StopListener(l.Name, kill) // somebody else may have deleted it
		}
	}
}

// queues counts the clients that are connected and those that are not. The error says that the broker is being stopped.
func queues(ctx context.Context, b *engine.Broker) (online, offline int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-b.Stopped(): // which answers nothing any more
			cancel()
		case <-ctx.Done():
		}
	}()
	all, err := snapshot(ctx, b)
	switch {
	case errors.Is(err, context.Canceled):
		return 0, 0, ErrNodeStopped
	case err != nil:
		return 0, 0, err
	}
	online, offline = population(all.Aggregate())
	return online, offline, nil
}
