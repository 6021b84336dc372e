// Package testbroker is the smallest MQTT broker that a load generator can be tested against: all versions, all QoS
// levels, filters that end in + or #, shared subscriptions, sessions that outlive their connection, retained messages. It makes mistakes on demand, a known number of them, and it checks
// what its clients may not do.
//
// It has one loop, so nothing in it is locked and every run of a test sees the same order of deliveries.
package testbroker

import (
	"bytes"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/netpoll"
)

// Faults are the mistakes to make. Each is made on every n-th delivery to a subscriber, counted from 1 for each
// subscriber; 0: never.
type Faults struct {
	Drop      uint64 // the message is not delivered
	Duplicate uint64 // it is delivered twice
	Swap      uint64 // it is delivered after the one that follows
	RefuseAt  int    // the n-th CONNECT and those after it are refused
	HangUp    uint64 // a publisher's connection is closed at its n-th PUBLISH
	Forget    bool   // sessions end with their connection, whatever the client wants
}

// ReceiveMaximum is what the broker announces to MQTT 5 clients. It fails the test when a client exceeds it.
const ReceiveMaximum = 7

// Broker is a running broker.
type Broker struct {
	t      testing.TB
	faults Faults
	addr   netip.AddrPort

	// Owned by the loop:
	clients  map[string]*client // by client id
	filters  map[string][]*client
	groups   map[string]*group  // by filter without $share/name/
	away     map[string]*client // sessions whose client is not there, by client id
	retained []*codec.Publish   // in the order in which they came; of a topic that is set again there are two
	connects int

	pings     atomic.Int64 // PINGREQs seen
	published atomic.Int64
}

// group hands messages to its members in turn.
type group struct {
	members []*client
	next    int
}

// Start runs a broker until the test is over. Its connections go through layers, the lowest first.
func Start(t testing.TB, f Faults, layers ...func(*netpoll.Conn) netpoll.Layer) *Broker {
	t.Helper()
	b := &Broker{t: t, faults: f, clients: map[string]*client{}, filters: map[string][]*client{}, groups: map[string]*group{},
		away: map[string]*client{}}
	srv, err := netpoll.NewServer(netpoll.Options{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	l, err := srv.Listen(netpoll.ListenerOptions{
		Name: "test", Network: "tcp", Address: "127.0.0.1:0", ConnectTimeout: time.Minute,
		Accept: func(*netpoll.Conn) netpoll.Handler { return &client{b: b} },
		Layers: func(c *netpoll.Conn) (chain []netpoll.Layer) {
			for _, make := range layers {
				chain = append(chain, make(c))
			}
			return chain
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.addr = netip.MustParseAddrPort(l.Addr().String())
	return b
}

// Port is where the broker listens on 127.0.0.1. Any goroutine, as all exported methods.
func (b *Broker) Port() int { return int(b.addr.Port()) }

// Pings is how many PINGREQs came.
func (b *Broker) Pings() int64 { return b.pings.Load() }

// Published is how many PUBLISH packets came.
func (b *Broker) Published() int64 { return b.published.Load() }

// receivers finds who gets a message on topic.
func (b *Broker) receivers(topic string) []*client {
	out := append([]*client(nil), b.filters[topic]...)
	wild := parent(topic) + "/+"
	out = append(out, b.filters[wild]...)
	for _, filter := range []string{topic, wild} {
		if g := b.groups[filter]; g != nil && len(g.members) > 0 {
			out = append(out, g.members[g.next%len(g.members)])
			g.next++
		}
	}
	return out
}

// route delivers p to all who subscribed, and keeps it if it is to be retained.
func (b *Broker) route(p *codec.Publish) {
	if p.Retain {
		b.retained = append(b.retained, &codec.Publish{QoS: p.QoS, Retain: true, Topic: bytes.Clone(p.Topic), Payload: bytes.Clone(p.Payload)})
	}
	for _, c := range b.receivers(string(p.Topic)) {
		c.deliver(p)
	}
}
