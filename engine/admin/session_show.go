package admin

import (
	"context"
	"encoding/base64"
	"errors"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
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
	d := detail(s, limit)
	table := s.table()
	if id, one := s.exactly("client_id"); one {
		return Result{table}, t.showClient(ctx, table, s, d, id, limit)
	}
	q := engine.SessionQuery{Limit: limit, Detail: d, Filter: func(info *session.Info) bool {
		return appendRows(table, s, d, t.options.NodeName, info, limit)
	}}
	for at := (engine.Cursor{}); !at.Last() && len(table.Rows) < limit; {
		var err error
		if _, at, err = t.broker().Sessions(ctx, at, q); err != nil {
			return nil, err
		}
	}
	return Result{table}, nil
}

// showClient looks one client id up, in each mountpoint that it may be in, so that nobody has to go through a million others.
func (t *Commands) showClient(ctx context.Context, table *Table, s *selection[*sessionRow], d session.Detail, id string, limit int) error {
	b := t.broker()
	mountpoints := b.Mountpoints()
	if only, one := s.exactly("mountpoint"); one {
		mountpoints = []string{only}
	}
	for _, m := range mountpoints {
		info, err := b.Session(ctx, m, id, d)
		switch {
		case errors.Is(err, engine.ErrNoSession):
		case err != nil:
			return err
		default:
			appendRows(table, s, d, t.options.NodeName, &info, limit)
		}
	}
	return nil
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
