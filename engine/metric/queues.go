package metric

import "slices"

// Causes of drops, by the texts that queue gives them, that VerneMQ has metrics for.
const (
	causeQueueFull    = "queue_full"
	causeExpired      = "expired"
	causeOffline      = "offline"
	causeSessionEnded = "session_cleanup"
)

var queueFamilies = []family{
	counter("queue_setup", "Client queues that were made.", func(r *Reading) uint64 { return r.QueueSetup }),
	counter("queue_initialized_from_storage", "Client queues that were read from the message store at start.",
		func(r *Reading) uint64 { return r.QueueInitialized }),
	counter("queue_teardown", "Client queues that ended.", func(r *Reading) uint64 { return r.QueueTeardown }),
	counter("queue_message_in", "Messages offered to client queues.", func(r *Reading) uint64 { return r.QueueIn }),
	counter("queue_message_out", "Messages that went from client queues to connections.", func(r *Reading) uint64 { return r.QueueOut }),
	counter("queue_message_buffered", "Messages that had to wait in a client queue.", func(r *Reading) uint64 { return r.Queued }),
	counter("queue_message_drop", "Messages dropped because a client queue was full.",
		func(r *Reading) uint64 { return r.dropped(causeQueueFull) }),
	counter("queue_message_expired", "Messages that expired in a client queue.",
		func(r *Reading) uint64 { return r.dropped(causeExpired) }),
	counter("queue_message_unhandled", "Messages for a client that was away and does not get them later.",
		func(r *Reading) uint64 { return r.dropped(causeOffline) + r.dropped(causeSessionEnded) }),
	gauge("queue_processes", "Client queues, of clients that are away included.", func(r *Reading) uint64 { return r.Clients }),
	{name: "message_drop", typ: Counter, help: "Messages that did not reach a receiver, by cause.", some: func(r *Reading) (all []Series) {
		for i, cause := range r.Causes {
			all = append(all, Series{Labels: []Label{{"cause", cause}}, Value: r.Dropped[i]})
		}
		return all
	}},
}

// dropped is the number of drops with that cause.
func (r *Reading) dropped(cause string) uint64 {
	if i := slices.Index(r.Causes, cause); i >= 0 {
		return r.Dropped[i]
	}
	return 0
}
