package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vernemq/vmq/engine/session"
)

// sessionRow is one row of session show: a client, or one of its subscriptions or messages, or one of each.
type sessionRow struct {
	node string
	*session.Info
	sub *session.Subscription
	msg *session.StoredMessage
}

// Fields that have a row for each subscription, and for each message.
var (
	subscriptionFields = []string{"topic", "qos", "rap", "no_local"}
	messageFields      = []string{"msg_ref", "msg_qos", "routing_key", "dup", "payload"}
)

// sessionFields are the columns of session show. Those of the connection are null while the client is away.
var sessionFields = []field[*sessionRow]{
	{"node", textual, "node that holds the queue", func(r *sessionRow) any { return r.node }},
	{"mountpoint", textual, "mountpoint of the client", func(r *sessionRow) any { return r.Mountpoint }},
	{"client_id", textual, "client id", func(r *sessionRow) any { return r.ClientID }},
	{"queue_pid", textual, "number of the queue", func(r *sessionRow) any { return processID(2 * r.Serial) }},
	{"session_pid", textual, "number of the session", online(func(r *sessionRow) any { return processID(2*r.Serial + 1) })},
	{"queue_size", numeric, "always null", func(*sessionRow) any { return nil }},
	{"is_offline", boolean, "no session is attached to the queue", func(r *sessionRow) any { return !r.Online() }},
	{"is_online", boolean, "a session is attached to the queue", func(r *sessionRow) any { return r.Online() }},
	{"statename", textual, "online, wait_for_offline, drain or offline", func(r *sessionRow) any { return r.State.String() }},
	{"deliver_mode", textual, "always fanout", func(*sessionRow) any { return "fanout" }},
	{"offline_messages", numeric, "messages that wait for a client that is away", func(r *sessionRow) any { return r.OfflineMessages }},
	{"online_messages", numeric, "messages that wait for a connected client", func(r *sessionRow) any { return r.OnlineMessages }},
	{"num_sessions", numeric, "connections of this client", func(r *sessionRow) any { return map[bool]int{true: 1}[r.Online()] }},
	{"clean_session", boolean, "the session ends with the connection", func(r *sessionRow) any { return r.CleanSession }},
	{"is_plugin", boolean, "always false: no client is internal to the broker", func(*sessionRow) any { return false }},
	{"queue_started_at", numeric, "when the session began, ms since 1970", func(r *sessionRow) any { return r.QueueStarted.UnixMilli() }},
	{"user", textual, "user name", online(func(r *sessionRow) any { return userName(r.Info) })},
	{"peer_host", textual, "address of the client", online(func(r *sessionRow) any {
		if !r.Peer.IsValid() {
			return nil // a unix socket
		}
		return r.Peer.Addr().Unmap().String()
	})},
	{"peer_port", numeric, "port of the client", online(func(r *sessionRow) any {
		if !r.Peer.IsValid() {
			return nil
		}
		return int(r.Peer.Port())
	})},
	{"protocol", numeric, "protocol level: 3, 4, 5, 131, 132", online(func(r *sessionRow) any { return int(r.Protocol) })},
	{"waiting_acks", numeric, "messages sent and not acknowledged", online(func(r *sessionRow) any { return r.WaitingAcks })},
	{"session_started_at", numeric, "when the client connected, ms since 1970", online(func(r *sessionRow) any { return r.SessionStarted.UnixMilli() })},

	{"topic", textual, "topic filter; a row for each subscription", ofSubscription(func(r *sessionRow) any { return r.sub.Filter })},
	{"qos", numeric, "QoS of that subscription", ofSubscription(func(r *sessionRow) any { return int(r.sub.QoS) })},
	{"rap", boolean, "retain as published, of that subscription", ofSubscription(func(r *sessionRow) any { return r.option(r.sub.RetainAsPublished) })},
	{"no_local", boolean, "no local, of that subscription", ofSubscription(func(r *sessionRow) any { return r.option(r.sub.NoLocal) })},

	{"msg_ref", textual, "reference of a waiting message; a row for each of them", ofMessage(func(r *sessionRow) any { return messageRef(r.msg.Ref) })},
	{"msg_qos", numeric, "QoS of that message", ofMessage(func(r *sessionRow) any { return int(r.msg.QoS) })},
	{"routing_key", textual, "topic of that message", ofMessage(func(r *sessionRow) any { return r.msg.Topic })},
	{"dup", boolean, "that message may have been sent before", ofMessage(func(r *sessionRow) any { return r.msg.Duplicate })},
	{"payload", textual, "payload of that message", ofMessage(func(r *sessionRow) any { return string(r.msg.Payload) })},
}

// online makes a field null while the client is away.
func online(value func(*sessionRow) any) func(*sessionRow) any {
	return func(r *sessionRow) any {
		if !r.Online() {
			return nil
		}
		return value(r)
	}
}

// ofSubscription and ofMessage make a field null in rows without one.
func ofSubscription(value func(*sessionRow) any) func(*sessionRow) any {
	return func(r *sessionRow) any {
		if r.sub == nil {
			return nil
		}
		return value(r)
	}
}

func ofMessage(value func(*sessionRow) any) func(*sessionRow) any {
	return func(r *sessionRow) any {
		if r.msg == nil {
			return nil
		}
		return value(r)
	}
}

// option is an option of a subscription, which means something for MQTT 5 only. What version a client speaks that is away is not known: an
// option that is set must be one of MQTT 5.
func (r *sessionRow) option(set bool) any {
	const mqtt5 = 5
	if r.Protocol == mqtt5 || !r.Online() && set {
		return set
	}
	return nil
}

func userName(i *session.Info) any {
	if !i.HasUser {
		return undefined
	}
	return i.User
}

// processID makes a number look as it did in Erlang, where scripts expect it.
func processID(n uint64) string { return fmt.Sprintf("<0.%d.0>", n) }

// messageRef makes text of a message's number.
func messageRef(ref uint64) string {
	return base64Of(strconv.AppendUint(nil, ref, 36))
}

// detailMax is how many subscriptions or messages of one client are looked at where a filter chooses among them: describing a thousand
// holds its loop up for less than a millisecond, and of these the filter may want one.
const detailMax = 10000

// detail is how much has to be asked about each client for limit rows.
func detail(s *selection[*sessionRow], limit int) (d session.Detail) {
	many := limit
	if s.filters(slices.Concat(subscriptionFields, messageFields)...) {
		many = detailMax
	}
	if s.uses(subscriptionFields...) {
		d.Subscriptions = min(max(many, 1), detailMax)
	}
	if s.uses(messageFields...) {
		d.Messages = min(max(many, 1), detailMax)
	}
	return d
}

// sessionTable collects rows, up to a limit.
type sessionTable struct {
	*selection[*sessionRow]
	detail session.Detail
	node   string
	limit  int
	rows   []shownRow
	row    sessionRow // that is looked at: filters get a pointer, and a million of them would be garbage
}

// shownRow is a row with what it is sorted by.
type shownRow struct {
	mountpoint, client string
	cells              []any
}

// add adds the rows of a client that pass the filters, and says whether there were any.
func (t *sessionTable) add(info *session.Info) bool {
	before := len(t.rows)
	r := &t.row
	*r = sessionRow{node: t.node, Info: info}
	subs, msgs := []*session.Subscription{nil}, []*session.StoredMessage{nil}
	if t.detail.Subscriptions > 0 {
		subs = pointers(info.Subscriptions)
	}
	if t.detail.Messages > 0 {
		msgs = pointers(info.Messages)
	}
	for _, r.sub = range subs {
		for _, r.msg = range msgs {
			if !t.full() && t.takes(r) {
				t.rows = append(t.rows, shownRow{info.Mountpoint, info.ClientID, t.cells(r)})
			}
		}
	}
	return len(t.rows) > before
}

func (t *sessionTable) full() bool { return len(t.rows) >= t.limit }

// sorted is the table, by mountpoint and client.
func (t *sessionTable) sorted() *Table {
	slices.SortStableFunc(t.rows, func(a, b shownRow) int {
		return cmp.Or(strings.Compare(a.mountpoint, b.mountpoint), strings.Compare(a.client, b.client))
	})
	table := t.table()
	for _, r := range t.rows {
		table.Rows = append(table.Rows, r.cells)
	}
	return table
}

func pointers[T any](list []T) []*T {
	all := make([]*T, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}
