package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
)

const (
	// queuesShown is how many of the longest queues the page has.
	queuesShown = 10
	// queuesPause is the least time between two walks over all sessions; after a long walk it is queuesShare times what that took, so
	// that a page which stays open over a million sessions keeps the loops busy for one part in fifty at most.
	queuesPause = 4 * time.Second
	queuesShare = 50
	// queuesLimit ends a walk that takes too long.
	queuesLimit = time.Minute
)

// queueInfo is one row.
type queueInfo struct {
	Client     string `json:"client"`
	Mountpoint string `json:"mountpoint"`
	State      string `json:"state"`
	Messages   int    `json:"messages"`
	WaitingAck int    `json:"waitingAcks"`
}

// queueTable is what the last walk found.
type queueTable struct {
	// Messages wait in all queues together; Longest are those with the most.
	Messages int
	Longest  []queueInfo
	// At is when the walk ended; zero before the first.
	At time.Time
}

// queueWatch walks over all sessions while somebody looks, in a goroutine of its own.
type queueWatch struct {
	broker *engine.Broker

	mu      sync.Mutex // guards the following fields
	table   queueTable
	walking bool
	next    time.Time // when the next walk may begin
}

// look returns what the last walk found, and begins another one if that is old.
func (w *queueWatch) look() queueTable {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.walking && !time.Now().Before(w.next) {
		w.walking = true
		go w.walk()
	}
	return w.table
}

func (w *queueWatch) walk() {
	ctx, cancel := context.WithTimeout(context.Background(), queuesLimit)
	defer cancel()
	begin := time.Now()
	table, err := longestQueues(ctx, w.broker)
	table.At = time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.walking = false
	w.next = table.At.Add(max(queuesPause, queuesShare*table.At.Sub(begin)))
	if err == nil {
		w.table = table
	}
}

// longestQueues looks at every session once.
func longestQueues(ctx context.Context, b *engine.Broker) (queueTable, error) {
	table := queueTable{Longest: []queueInfo{}}
	var at engine.Cursor
	for !at.Last() {
		_, next, err := b.Sessions(ctx, at, engine.SessionQuery{Filter: func(i *session.Info) bool {
			n := i.OnlineMessages + i.OfflineMessages
			table.Messages += n
			if n > 0 {
				table.offer(queueInfo{i.ClientID, i.Mountpoint, i.State.String(), n, i.WaitingAcks})
			}
			return false
		}})
		if err != nil {
			return table, err
		}
		at = next
	}
	return table, nil
}

// offer keeps q if it is among the longest.
func (t *queueTable) offer(q queueInfo) {
	i, _ := slices.BinarySearchFunc(t.Longest, q.Messages, func(x queueInfo, n int) int { return n - x.Messages })
	if i == queuesShown {
		return
	}
	t.Longest = slices.Insert(t.Longest, i, q)
	t.Longest = t.Longest[:min(len(t.Longest), queuesShown)]
}
