package clients

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// client is one connection of a client library. Methods return when the broker has answered. A library's own goroutines
// and processes put what arrives into the inbox that its connect function was given.
type client interface {
	// subscribe returns what the broker granted: a QoS, or a failure code from 0x80.
	subscribe(ctx context.Context, s subscription) (code byte, err error)
	unsubscribe(ctx context.Context, filter string) error
	// publish sends the messages in this order and returns when the broker has acknowledged those with QoS 1 and 2.
	publish(ctx context.Context, messages []message) error
	// disconnect ends the connection with DISCONNECT. Those of the Go libraries return when the broker has closed its side.
	disconnect(ctx context.Context) error
	// drop ends the connection without.
	drop() error
}

// message is a PUBLISH in either direction. The script clients read and write it as JSON.
type message struct {
	Topic   string `json:"topic"`
	Payload []byte `json:"payload"`
	QoS     byte   `json:"qos"`
	Retain  bool   `json:"retain"`
	Dup     bool   `json:"dup"`

	// MQTT 5 only.
	Expiry          uint32      `json:"expiry"` // seconds, 0: none
	User            [][2]string `json:"user"`
	SubscriptionIDs []int       `json:"subscriptionIds"`
	ContentType     string      `json:"contentType"`
	ResponseTopic   string      `json:"responseTopic"`
	Correlation     []byte      `json:"correlation"`
	Alias           uint16      `json:"alias"` // 0: none
}

// subscription is one filter of a SUBSCRIBE; what follows QoS is for MQTT 5.
type subscription struct {
	Filter            string `json:"filter"`
	QoS               byte   `json:"qos"`
	NoLocal           bool   `json:"noLocal"`
	RetainAsPublished bool   `json:"retainAsPublished"`
	RetainHandling    byte   `json:"retainHandling"`
	ID                int    `json:"subscriptionId"`
}

// options is a CONNECT. The zero value asks for a clean session.
type options struct {
	ID            string   `json:"id"`
	Keep          bool     `json:"-"`             // keep the session: clean session off, or clean start off with an expiry
	SessionExpiry uint32   `json:"sessionExpiry"` // MQTT 5, seconds; with Keep an hour unless set
	AliasMax      uint16   `json:"aliasMax"`      // MQTT 5: topic aliases that the client accepts
	Will          *message `json:"will"`
}

// connack is the broker's answer to a CONNECT, as far as the library shows it.
type connack struct {
	Present  bool   `json:"present"`
	AliasMax uint16 `json:"aliasMax"`
}

// kind is a client library with a protocol version.
type kind struct {
	library string
	version byte // 3, 4 or 5: MQTT 3.1, 3.1.1, 5
	connect func(ctx context.Context, k kind, o options, in *inbox) (client, connack, error)
}

// kinds is every library in every version that it speaks.
var kinds = []kind{
	{"mosquitto", 3, connectMosquitto},
	{"mosquitto", 4, connectMosquitto},
	{"mosquitto", 5, connectMosquitto},
	{"paho-python", 3, connectPython},
	{"paho-python", 4, connectPython},
	{"paho-python", 5, connectPython},
	{"paho-go", 3, connectPaho3},
	{"paho-go", 4, connectPaho3},
	{"paho-go", 5, connectPaho5},
	{"mqtt.js", 3, connectJS},
	{"mqtt.js", 4, connectJS},
	{"mqtt.js", 5, connectJS},
	{webSocketLibrary, 3, connectJS},
	{webSocketLibrary, 5, connectJS},
}

// webSocketLibrary is mqtt.js over WebSocket: with sub-protocol mqttv3.1 in version 3, mqtt in others.
const webSocketLibrary = "mqtt.js-ws"

func (k kind) String() string {
	return k.library + "-" + map[byte]string{3: "3.1", 4: "3.1.1", 5: "5"}[k.version]
}

// stays tells whether one connection of the library can do several things; mosquitto's programs connect for each.
func (k kind) stays() bool { return k.library != "mosquitto" }

// tellsReason tells whether the library shows the reason code of a DISCONNECT from the broker. paho for Python 1.6 reads one
// only where properties follow it.
func (k kind) tellsReason() bool { return k.v5() && k.library != "paho-python" }

// v5 tells whether the client speaks MQTT 5.
func (k kind) v5() bool { return k.version == 5 }

// find is the kind with this name.
func find(t testing.TB, name string) kind {
	t.Helper()
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.String() == name })
	if i < 0 {
		t.Fatalf("no client %q", name)
	}
	return kinds[i]
}

// each runs a test once for every kind that passes all of the conditions.
func each(t *testing.T, test func(t *testing.T, k kind), conditions ...func(kind) bool) {
	for _, k := range kinds {
		if !slices.ContainsFunc(conditions, func(condition func(kind) bool) bool { return !condition(k) }) {
			t.Run(k.String(), func(t *testing.T) { test(t, k) })
		}
	}
}

// unique numbers what tests create; with runID two runs against the same broker do not meet.
var (
	unique atomic.Int64
	runID  = strconv.FormatInt(rand.Int64N(36*36*36*36), 36)
)

// newID is a client id that no other test has, short enough for MQTT 3.1.
func newID() string { return fmt.Sprintf("t%s-%d", runID, unique.Add(1)) }

// newTopic is the first part of topics that no other test has.
func newTopic() string { return fmt.Sprintf("t%s/%d", runID, unique.Add(1)) }

// conn is a connected client in a test: what fails in it fails the test.
type conn struct {
	kind
	connack
	t      testing.TB
	id     string
	client client
	in     *inbox
	ended  bool
}

// dial connects; the connection ends with the test at the latest.
func dial(t testing.TB, k kind, o options) *conn {
	t.Helper()
	if o.ID == "" {
		o.ID = newID()
	}
	if o.Keep && k.v5() && o.SessionExpiry == 0 {
		o.SessionExpiry = 3600
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	in := newInbox()
	cl, ack, err := k.connect(ctx, k, o, in)
	if err != nil {
		t.Fatalf("%s %s, CONNECT: %v", k, o.ID, err)
	}
	c := &conn{kind: k, connack: ack, t: t, id: o.ID, client: cl, in: in}
	t.Cleanup(func() {
		if !c.ended && !in.isClosed() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if cl.disconnect(ctx) != nil { // the test is over and has checked what it wanted to
				cl.drop()
			}
		}
	})
	return c
}

// do runs one operation of the client and fails the test if it fails.
func (c *conn) do(what string, operation func(ctx context.Context) error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := operation(ctx); err != nil {
		c.t.Fatalf("%s %s, %s: %v", c.kind, c.id, what, err)
	}
}

// subscribe demands that the broker grants the QoS.
func (c *conn) subscribe(filter string, qos byte) {
	c.t.Helper()
	c.subscribeWith(subscription{Filter: filter, QoS: qos})
}

func (c *conn) subscribeWith(s subscription) {
	c.t.Helper()
	c.do("SUBSCRIBE "+s.Filter, func(ctx context.Context) error {
		code, err := c.client.subscribe(ctx, s)
		if err == nil && code != s.QoS {
			err = fmt.Errorf("granted %d, want %d", code, s.QoS)
		}
		return err
	})
}

func (c *conn) unsubscribe(filter string) {
	c.t.Helper()
	c.do("UNSUBSCRIBE "+filter, func(ctx context.Context) error { return c.client.unsubscribe(ctx, filter) })
}

// window is how many messages a test leaves unacknowledged at most. Libraries send what they are given without asking what
// the broker can take: mqtt.js ignores its Receive Maximum, and MQTT 3 knows none. Twenty is what mosquitto takes, the
// least of the brokers that these tests are run against.
const window = 20

// publish sends messages in windows, one after the other, and returns when the broker has acknowledged all. mosquitto_pub
// keeps a window by itself, and would need a connection for each of ours.
func (c *conn) publish(messages ...message) {
	c.t.Helper()
	size := window
	if !c.stays() {
		size = len(messages)
	}
	for some := range slices.Chunk(messages, size) {
		c.do("PUBLISH", func(ctx context.Context) error { return c.client.publish(ctx, some) })
	}
}

func (c *conn) disconnect() {
	c.t.Helper()
	c.ended = true
	c.do("DISCONNECT", func(ctx context.Context) error { return c.client.disconnect(ctx) })
}

func (c *conn) drop() {
	c.t.Helper()
	c.ended = true
	c.do("drop", func(context.Context) error { return c.client.drop() })
}

// receive waits for the next message.
func (c *conn) receive() message {
	c.t.Helper()
	m, err := c.in.next()
	if err != nil {
		c.t.Fatalf("%s %s, waiting for a message: %v", c.kind, c.id, err)
	}
	return m
}

// want demands that exactly these messages arrive next: same order, topic, payload and QoS.
func (c *conn) want(messages ...message) {
	c.t.Helper()
	for i, want := range messages {
		got := c.receive()
		if got.Topic != want.Topic || !bytes.Equal(got.Payload, want.Payload) || got.QoS != want.QoS {
			c.t.Fatalf("%s %s, message %d of %d: got %s, want %s", c.kind, c.id, i+1, len(messages), got, want)
		}
	}
}

// String is short also for long payloads.
func (m message) String() string {
	p := m.Payload
	if len(p) > 60 {
		return fmt.Sprintf("%s QoS %d %q… (%d bytes)", m.Topic, m.QoS, p[:60], len(p))
	}
	return fmt.Sprintf("%s QoS %d %q", m.Topic, m.QoS, p)
}

// numbered are count messages to one topic whose payloads tell their places.
func numbered(topic string, qos byte, count int) []message {
	messages := make([]message, count)
	for i := range messages {
		messages[i] = message{Topic: topic, QoS: qos, Payload: fmt.Appendf(nil, "message %d of %d to %s", i+1, count, topic)}
	}
	return messages
}

// text is one message with a text as payload.
func text(topic string, qos byte, payload string) message {
	return message{Topic: topic, QoS: qos, Payload: []byte(payload)}
}

// inbox keeps what arrives for one connection. It has no bound, because a library that had to wait here would read slowly,
// and a slow reader is another test. Any goroutine.
type inbox struct {
	mu struct {
		sync.Mutex
		messages []message
		closed   bool
		code     int // reason code of the broker's DISCONNECT, 0: none
	}
	news chan struct{} // holds a token while something may be new
	ends chan struct{} // closed with the connection
}

func newInbox() *inbox {
	return &inbox{news: make(chan struct{}, 1), ends: make(chan struct{})}
}

func (in *inbox) put(m message) {
	in.mu.Lock()
	in.mu.messages = append(in.mu.messages, m)
	in.mu.Unlock()
	select {
	case in.news <- struct{}{}:
	default:
	}
}

// close notes the end of the connection; only the first call counts.
func (in *inbox) close(code int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.mu.closed {
		in.mu.closed, in.mu.code = true, code
		close(in.ends)
	}
}

func (in *inbox) isClosed() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.mu.closed
}

// closeCode waits for the end of the connection and returns the reason code that came with it.
func (in *inbox) closeCode() (int, error) {
	select {
	case <-in.ends:
		in.mu.Lock()
		defer in.mu.Unlock()
		return in.mu.code, nil
	case <-time.After(patience):
		return 0, fmt.Errorf("still connected after %v", patience)
	}
}

// take returns the next message that is there already.
func (in *inbox) take() (m message, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.mu.messages) == 0 {
		return message{}, false
	}
	m = in.mu.messages[0]
	in.mu.messages = in.mu.messages[1:]
	return m, true
}

// next waits for the next message.
func (in *inbox) next() (message, error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		if m, ok := in.take(); ok {
			return m, nil
		}
		select {
		case <-in.news:
		case <-in.ends:
			if m, ok := in.take(); ok {
				return m, nil
			}
			return message{}, fmt.Errorf("the connection ended")
		case <-deadline.C:
			return message{}, fmt.Errorf("none after %v", patience)
		}
	}
}

// missing is the error for a program or library that is not installed.
func missing(what, pkg string, detail ...any) error {
	return fmt.Errorf("%s is missing: install the package %s (make tools does) %s", what, pkg, strings.TrimSpace(fmt.Sprintln(detail...)))
}
