package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
)

// subscriber has a persistent session, which it leaves and takes up again, and keeps what MQTT wants a client to keep over connections.
type subscriber struct {
	broker  *broker
	index   int
	filter  string
	qos     byte
	version codec.Version
	rand    *rand.Rand
	doing   atomic.Value // string: what it waits for, told when that does not come
	behind  *conn        // left open, for the next connection to take over from

	ready      chan struct{} // closed with the first SUBACK
	subscribed bool
	unreleased map[uint16]bool // QoS 2 messages between PUBLISH and PUBREL

	mu struct {
		sync.Mutex
		got map[int][]int // by publisher, in the order of arrival
	}
}

// message is what a subscriber gets: the number, and who sent it.
type message struct{ from, n int }

func newSubscriber(b *broker, index int, filter string, seed uint64) *subscriber {
	return &subscriber{
		broker: b, index: index, filter: filter, qos: byte(min(index+1, 2)), version: versions[index%2], rand: rand.New(rand.NewPCG(seed, uint64(2+index))),
		ready: make(chan struct{}), unreleased: make(map[uint16]bool),
	}
}

var errSessionLost = errors.New("the session is gone")

// run receives until ctx is done. An error is a promise that the broker broke.
func (s *subscriber) run(ctx context.Context, calm <-chan struct{}) error {
	for ctx.Err() == nil {
		s.doing.Store("to be connected")
		c, present, err := open(ctx, s.broker, s.version, fmt.Sprintf("subscriber-%d", s.index))
		if err != nil {
			continue
		}
		if s.subscribed && !present {
			c.Close()
			return fmt.Errorf("subscriber %d: %w", s.index, errSessionLost)
		}
		if s.behind != nil {
			s.behind.Close() // the broker has done so
		}
		if err := s.serve(c, calm); err != nil {
			c.Close()
			return err
		}
		if s.behind = nil; s.rand.IntN(2) == 0 {
			s.behind = c
		} else {
			c.Close()
		}
		s.rest(ctx, calm)
	}
	return nil
}

// rest stays away for a moment, until the end of the test comes near.
func (s *subscriber) rest(ctx context.Context, calm <-chan struct{}) {
	select {
	case <-calm:
	case <-ctx.Done():
	case <-time.After(time.Duration(s.rand.IntN(20)) * time.Millisecond):
	}
}

// answersAtOnce is how many answers are sent together when packets keep coming. A client that leaves takes the last ones with it.
const answersAtOnce = 50

// serve uses one connection, for a random number of packets while the test is not calm.
func (s *subscriber) serve(c *conn, calm <-chan struct{}) error {
	if !s.subscribed {
		c.out = codec.AppendSubscribe(c.out, c.version, &codec.Subscribe{PacketID: 1, Subscriptions: []codec.Subscription{{Filter: []byte(s.filter), QoS: s.qos}}})
		if c.flush() != nil {
			return nil
		}
	}
	for left := s.rand.IntN(2000); ; left-- {
		if left <= 0 {
			select {
			case <-calm:
			default:
				return nil
			}
		}
		s.doing.Store("for packets")
		f, err := c.next()
		if err != nil {
			return nil
		}
		if err := s.take(c, f); err != nil {
			return err
		}
		if (c.in.Buffered() == 0 || left%answersAtOnce == 0) && c.flush() != nil {
			return nil
		}
	}
}

func (s *subscriber) take(c *conn, f codec.Frame) error {
	switch f.Type {
	case codec.SUBACK:
		s.subscribed = true
		close(s.ready)
	case codec.PUBLISH:
		var p codec.Publish
		if err := codec.ParsePublish(f.Body, c.version, f.Flags, &p); err != nil {
			return err
		}
		m, err := parse(string(p.Topic), string(p.Payload))
		if err != nil {
			return err
		}
		switch p.QoS {
		case 1:
			c.ack(codec.PUBACK, p.PacketID)
		case 2:
			c.ack(codec.PUBREC, p.PacketID)
			if s.unreleased[p.PacketID] {
				return nil
			}
			s.unreleased[p.PacketID] = true
		}
		s.note(m)
	case codec.PUBREL:
		delete(s.unreleased, c.idOf(f))
		c.ack(codec.PUBCOMP, c.idOf(f))
	}
	return nil
}

func parse(topic, payload string) (m message, err error) {
	if m.from, err = strconv.Atoi(strings.TrimPrefix(topic, "t/")); err == nil {
		m.n, err = strconv.Atoi(payload)
	}
	return m, err
}

func (s *subscriber) note(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.got == nil {
		s.mu.got = make(map[int][]int)
	}
	s.mu.got[m.from] = append(s.mu.got[m.from], m.n)
}

// noteLine is note for a message as a line.
func (s *subscriber) noteLine(t *testing.T, line string) {
	t.Helper()
	var topic, payload string
	_, line, _ = strings.Cut(line, "topic=")
	if _, err := fmt.Sscanf(line, "%q payload=%q", &topic, &payload); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	m, err := parse(topic, payload)
	if err != nil {
		t.Fatal(err)
	}
	s.note(m)
}

// has returns the first of the numbers 1 … n of a publisher that did not come; 0: all came.
func (s *subscriber) has(publisher, n int) (missing int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make([]bool, n+1)
	for _, k := range s.mu.got[publisher] {
		if k <= n {
			seen[k] = true
		}
	}
	for k := 1; k <= n; k++ {
		if !seen[k] {
			return k
		}
	}
	return 0
}
