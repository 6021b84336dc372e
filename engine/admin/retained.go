package admin

import (
	"context"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/trie"
)

// retainedRow is one retained message.
type retainedRow struct {
	mountpoint string
	*engine.RetainedMessage
}

var retainedFields = []field[*retainedRow]{
	{"topic", textual, "topic of the message", func(r *retainedRow) any { return string(r.Topic) }},
	{"payload", textual, "its payload", func(r *retainedRow) any { return string(r.Payload) }},
	{"mountpoint", textual, "mountpoint to look at; default: the empty one", func(r *retainedRow) any { return r.mountpoint }},
}

func (t *Commands) retainCommands() []Command {
	return []Command{
		{
			Path: "retain show", Synopsis: "[--<field>[=<value>|=~<regex>]]... [--limit=<number>]",
			Summary: "Show and filter retained messages",
			Help: "Shows retained messages: the columns whose flags are given, or payload and topic. A flag with a value\n" +
				"filters. Wildcards mean nothing in --topic=<value>; --topic=~<regex> searches.",
			Flags: append(fieldFlags(retainedFields), limitFlags()...), Do: showRetained,
		},
		{
			Path: "retain delete", Synopsis: "--topic=<Topic> [--mountpoint=<Mountpoint>]",
			Summary: "Delete a retained message", Help: "Deletes the retained message of exactly this topic. Subscribers are not told.",
			Flags: []Flag{{Name: "topic", Short: 't', Value: "<Topic>", Help: "Topic of the message."}, mountpointFlag("Mountpoint of the message.")},
			Do:    deleteRetained,
		},
		{
			Path: "retain delete-expired", Summary: "Delete expired retained messages now",
			Help: "Deletes the retained messages of all mountpoints that have expired, and says how many these were.",
			Do: func(_ context.Context, in *Input) (Result, error) {
				table := &Table{Columns: []string{"expired"}}
				table.add(in.Broker.DeleteExpiredRetained())
				return Result{table}, nil
			},
		},
	}
}

// retainedPage is how many messages are looked at between two looks at the context.
const retainedPage = 1000

func showRetained(ctx context.Context, in *Input) (Result, error) {
	s := choose(in, retainedFields, "payload", "topic")
	limit := in.Int(flagLimit, defaultLimit)
	table := s.table()
	m, _ := s.exactly("mountpoint")
	var cursor trie.Cursor
	for last := false; !last && len(table.Rows) < limit; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var page []engine.RetainedMessage
		page, cursor, last = in.Broker.Retained(m, retainedFilter(s), cursor, retainedPage)
		for i := range page {
			if r := (&retainedRow{m, &page[i]}); len(table.Rows) < limit && s.takes(r) {
				table.Rows = append(table.Rows, s.cells(r))
			}
		}
	}
	return Result{table}, nil
}

// retainedFilter is a topic filter that finds what the selection wants: the topic itself where one is named that can be one, or all.
func retainedFilter(s *selection[*retainedRow]) string {
	topic, one := s.exactly("topic")
	if one && trie.CheckTopic([]byte(topic), 0) == nil {
		return topic
	}
	return ""
}

func deleteRetained(_ context.Context, in *Input) (Result, error) {
	topic, given := in.Flag("topic")
	if !given {
		return alert("A topic is missing: --topic=<Topic> names it."), nil
	}
	m, ok := mountpoint(in)
	if !ok {
		return badMountpoint, nil
	}
	in.Broker.DeleteRetained(m, topic)
	return done, nil
}
