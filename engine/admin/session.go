package admin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
)

// Flags of more than one session command.
const (
	flagCleanup    = "cleanup"
	flagMountpoint = "mountpoint"
)

func (t *Commands) sessionCommands() []Command {
	cleanup := Flag{Name: flagCleanup, Short: 'c', Help: "End the session, too: subscriptions and stored messages are gone."}
	mountpoint := mountpointFlag("Mountpoint of the client.")
	id := Arg{Key: "client-id", Value: "<ClientID>", Help: "Client id."}
	disconnectHelp := "Ends the connection of a client, wherever it is connected. An MQTT 5 client is told so."
	return []Command{
		t.sessionShow(),
		{
			Path: "session disconnect", Synopsis: "client-id=<ClientID> [--cleanup] [--mountpoint=<Mountpoint>]",
			Summary: "Disconnect a client", Help: disconnectHelp,
			Args: []Arg{id}, Flags: []Flag{cleanup, mountpoint}, Do: disconnect,
		},
		{
			Path: "session disconnect clients", Synopsis: "client-ids=<ClientID,ClientID,...> [--cleanup] [--mountpoint=<Mountpoint>]",
			Summary: "Disconnect several clients", Help: "Ends the connections of the clients with these ids.",
			Args:  []Arg{{Key: "client-ids", Value: "<ClientID,ClientID,...>", Help: "Client ids, separated by commas."}},
			Flags: []Flag{cleanup, mountpoint}, Do: t.disconnectClients,
		},
		{
			Path: "session disconnect batch", Synopsis: "count=<Count> [--cleanup] [--mountpoint=<Mountpoint>] [--filter-client-ids=<ClientID,...>] [--node=<Node,...>]",
			Summary: "Disconnect any clients, up to a number", Help: "Ends up to so many connections of each node, whichever they are.",
			Args: []Arg{{Key: "count", Value: "<Count>", Help: "The most connections to end."}},
			Flags: []Flag{cleanup, mountpoint,
				{Name: "filter-client-ids", Short: 'f', Value: "<ClientID,...>", Help: "Clients that are left alone."},
				{Name: "node", Short: 'n', Value: "<Node,...>", Help: "Nodes where to do so, instead of all of them."}},
			Do: t.disconnectBatch,
		},
		{
			Path: "session unsubscribe", Synopsis: "client-id=<ClientID> topic=<Topic> [--plugin] [--mountpoint=<Mountpoint>]",
			Summary: "End one subscription of a client", Help: "Ends one subscription of a client, connected or not. The client is not told.",
			Args:  []Arg{id, {Key: "topic", Value: "<Topic>", Help: "Topic filter of the subscription."}},
			Flags: []Flag{{Name: "plugin", Short: 'p', Help: "Tell plugins that a topic was unsubscribed."}, mountpoint},
			Do:    unsubscribe,
		},
		{
			Path: "session reauthorize", Synopsis: "username=<Username> client-id=<ClientID> [--mountpoint=<Mountpoint>]",
			Summary: "Authorize the subscriptions of a client again",
			Help: "Asks plugins again about each subscription of a client. Those that are refused end, those that are\n" +
				"rewritten are replaced. Says Unchanged if there are none of either.",
			Args:  []Arg{{Key: "username", Value: "<Username>", Help: "User name of the client."}, id},
			Flags: []Flag{mountpoint}, Do: t.reauthorize,
		},
	}
}

func mountpointFlag(help string) Flag {
	return Flag{Name: flagMountpoint, Short: 'm', Value: "<Mountpoint>", Help: help + " Default: the empty one."}
}

// mountpoint is the value of --mountpoint; ok is false if it lacks one.
func mountpoint(in *Input) (name string, ok bool) {
	name, given := in.Flag(flagMountpoint)
	return name, given || !in.Has(flagMountpoint)
}

var badMountpoint = alert("Invalid mountpoint value: --mountpoint needs one.")

func disconnect(ctx context.Context, in *Input) (Result, error) {
	id := in.Arg("client-id")
	if id == "" {
		return in.explain()
	}
	return disconnectThese(ctx, in, id)
}

func (t *Commands) disconnectClients(ctx context.Context, in *Input) (Result, error) {
	ids := splitList(in.Arg("client-ids"))
	if len(ids) == 0 {
		return t.explainDisconnect()
	}
	return disconnectThese(ctx, in, ids...)
}

// explainDisconnect is the help of all three forms of session disconnect.
func (t *Commands) explainDisconnect() (Result, error) {
	return alert(t.usage([]string{"session", "disconnect"})), nil
}

func disconnectThese(ctx context.Context, in *Input, ids ...string) (Result, error) {
	m, ok := mountpoint(in)
	if !ok {
		return badMountpoint, nil
	}
	for _, id := range ids {
		if err := disconnectClient(ctx, in.Broker, m, id, in.Has(flagCleanup)); err != nil {
			return nil, err
		}
	}
	return done, nil
}

func disconnectClient(ctx context.Context, b *engine.Broker, mountpoint, id string, cleanup bool) error {
	err := b.DisconnectClient(ctx, mountpoint, id, cleanup, codec.AdministrativeAction)
	if errors.Is(err, engine.ErrNoSession) {
		return nil
	}
	return err
}

// disconnectBatch ends connections as they come, a page at a time.
func (t *Commands) disconnectBatch(ctx context.Context, in *Input) (Result, error) {
	count := in.Arg("count")
	if count == "" {
		return t.explainDisconnect()
	}
	m, ok := mountpoint(in)
	if !ok {
		return badMountpoint, nil
	}
	n, err := strconv.Atoi(count)
	nodes, someNodes := in.Flag("node")
	if err != nil || n <= 0 || someNodes && !slices.Contains(splitList(nodes), t.options.NodeName) {
		return done, nil
	}
	spared := splitList(in.Text("filter-client-ids", ""))
	q := engine.SessionQuery{Filter: func(i *session.Info) bool {
		return i.Online() && i.Mountpoint == m && !slices.Contains(spared, i.ClientID)
	}}
	for at := (engine.Cursor{}); !at.Last() && n > 0; {
		q.Limit = min(n, defaultLimit)
		var page []session.Info
		if page, at, err = in.Broker.Sessions(ctx, at, q); err != nil {
			return nil, err
		}
		for _, s := range page {
			if err := disconnectClient(ctx, in.Broker, m, s.ClientID, in.Has(flagCleanup)); err != nil {
				return nil, err
			}
		}
		n -= len(page)
	}
	return done, nil
}

func unsubscribe(ctx context.Context, in *Input) (Result, error) {
	id, topic := in.Arg("client-id"), in.Arg("topic")
	if id == "" || topic == "" {
		return in.explain()
	}
	m, ok := mountpoint(in)
	if !ok {
		return badMountpoint, nil
	}
	_, err := in.Broker.Unsubscribe(ctx, m, id, topic, in.Has("plugin"))
	if err != nil && !errors.Is(err, engine.ErrNoSession) {
		return nil, err
	}
	return done, nil
}

func (t *Commands) reauthorize(ctx context.Context, in *Input) (Result, error) {
	user, id := in.Arg("username"), in.Arg("client-id")
	if user == "" || id == "" {
		return in.explain()
	}
	m, ok := mountpoint(in)
	if !ok {
		return badMountpoint, nil
	}
	changed := false
	if t.options.Reauthorize != nil {
		var err error
		if changed, err = t.options.Reauthorize(ctx, m, id); err != nil && !errors.Is(err, engine.ErrNoSession) {
			return nil, err
		}
	}
	if !changed {
		return text("Unchanged"), nil
	}
	return done, nil
}

// splitList splits at commas and drops what is empty.
func splitList(s string) []string {
	return slices.DeleteFunc(strings.Split(s, ","), func(part string) bool { return part == "" })
}
