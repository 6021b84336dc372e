package admin

import (
	"context"
	"encoding/base64"
	"errors"

	"github.com/vernemq/vmq/engine"
)

func (t *Commands) sessionShow() Command {
	return Command{
		Path: "session show", Synopsis: "[--<field>[=<value>|=~<regex>]]... [--limit=<number>]",
		Summary: "Show and filter information about sessions",
		Help: "Shows the sessions of this node, connected or not: the columns whose flags are given, or the usual ones.\n" +
			"A flag with a value filters; its column is shown only if the flag is given without value, too. Several\n" +
			"filters must all hold. With a column of subscriptions or messages there is a row for each of these.",
		Flags: append(fieldFlags(sessionFields), limitFlags()...),
		Do:    t.showSessions,
	}
}

func (t *Commands) showSessions(ctx context.Context, in *Input) (Result, error) {
	s := choose(in, sessionFields, "client_id", "is_online", "mountpoint", "peer_host", "peer_port", "user")
	limit := in.Int(flagLimit, defaultLimit)
	table := &sessionTable{selection: s, detail: detail(s, limit), node: t.options.NodeName, limit: limit}
	if id, one := s.exactly("client_id"); one {
		if err := showClient(ctx, in.Broker, table, id); err != nil {
			return nil, err
		}
		return Result{table.sorted()}, nil
	}
	q := engine.SessionQuery{Limit: limit, Detail: table.detail, Filter: table.add}
	for at := (engine.Cursor{}); !at.Last() && !table.full(); {
		var err error
		if _, at, err = in.Broker.Sessions(ctx, at, q); err != nil {
			return nil, err
		}
	}
	return Result{table.sorted()}, nil
}

// showClient looks one client id up, in each mountpoint that it may be in, so that nobody has to go through a million others.
func showClient(ctx context.Context, b *engine.Broker, table *sessionTable, id string) error {
	mountpoints := b.Mountpoints()
	if only, one := table.exactly("mountpoint"); one {
		mountpoints = []string{only}
	}
	for _, m := range mountpoints {
		info, err := b.Session(ctx, m, id, table.detail)
		switch {
		case errors.Is(err, engine.ErrNoSession):
		case err != nil:
			return err
		default:
			table.add(&info)
		}
	}
	return nil
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
