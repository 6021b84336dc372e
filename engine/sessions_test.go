package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/internal/bench"
	"github.com/vernemq/vmq/netpoll"
)

// walk collects all pages of a query.
func walk(t *testing.T, b *engine.Broker, q engine.SessionQuery) (ids []string, pages int) {
	t.Helper()
	for at := (engine.Cursor{}); !at.Last(); pages++ {
		page, next, err := b.Sessions(t.Context(), at, q)
		if err != nil {
			t.Fatal(err)
		}
		if limit := max(q.Limit, 1); q.Limit > 0 && len(page) > limit {
			t.Fatalf("a page of %d, limit %d", len(page), limit)
		}
		for _, s := range page {
			ids = append(ids, s.Mountpoint+"/"+s.ClientID)
		}
		at = next
	}
	slices.Sort(ids)
	return ids, pages
}

// answering runs the loops of a bench while f, which waits for them, runs on another goroutine.
func answering(b *bench.Bench, f func()) {
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	for {
		select {
		case <-done:
			return
		default:
			b.Fake.Run()
		}
	}
}

// TestSessionsPages proves that pages of every size show each session of all mountpoints exactly once.
func TestSessionsPages(t *testing.T) {
	const clients = 700
	b := bench.New(t, 3, nil)
	var want []string
	tenant := b.Acceptor(session.ListenerSettings{Name: "tenant", Mountpoint: "tenant", Versions: bench.AllVersions})
	for i := range clients {
		id := fmt.Sprint("c", i)
		c := b.Connect(codec.V311, id, bench.Persistent)
		if i%3 == 0 {
			c.Hangup()
		}
		want = append(want, "/"+id)
		if i%7 == 0 {
			b.Through(tenant, codec.V5).Hello(id)
			want = append(want, "tenant/"+id)
		}
	}
	slices.Sort(want)
	for _, limit := range []int{0, 1, 2, 511, 512, 513, 10000} {
		answering(b, func() {
			got, pages := walk(t, b.Broker, engine.SessionQuery{Limit: limit})
			if !slices.Equal(got, want) {
				t.Errorf("limit %d: %d sessions in %d pages, want %d", limit, len(got), pages, len(want))
			}
		})
	}
	answering(b, func() {
		got, _ := walk(t, b.Broker, engine.SessionQuery{Limit: 5, Filter: func(s *session.Info) bool { return s.Mountpoint == "tenant" && s.ClientID == "c77" }})
		if !slices.Equal(got, []string{"tenant/c77"}) {
			t.Errorf("one of many: %v", got)
		}
		online, _ := walk(t, b.Broker, engine.SessionQuery{Filter: func(s *session.Info) bool { return s.Online() }})
		if offline := (clients + 2) / 3; len(online) != len(want)-offline {
			t.Errorf("%d are online, want %d", len(online), len(want)-offline)
		}
		first, next, err := b.Broker.Sessions(t.Context(), engine.Cursor{}, engine.SessionQuery{Limit: 10})
		if err != nil || next.Last() {
			t.Fatalf("the first page: %v", err)
		}
		second, _, _ := b.Broker.Sessions(t.Context(), next, engine.SessionQuery{Limit: 10})
		again, _, _ := b.Broker.Sessions(t.Context(), next, engine.SessionQuery{Limit: 10})
		if len(second) != 10 || second[0].Serial == first[9].Serial || !slices.EqualFunc(second, again, func(x, y session.Info) bool { return x.Serial == y.Serial }) {
			t.Error("the same place gives different pages")
		}
	})
}

// TestSessionsWhileTheyChange lets clients come and go on two loops during walks: those that stay are shown exactly once in each.
func TestSessionsWhileTheyChange(t *testing.T) {
	b, addr := start(t, 2)
	defer stop(t, b)
	const stay = 100
	for i := range stay {
		dial(t, addr, codec.V311, fmt.Sprint("stay", i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var comers sync.WaitGroup
	for i := range 2 {
		comers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				c := dial(t, addr, codec.V5, fmt.Sprint("come", i, n%10))
				c.subscribe("a/b", 1)
				c.write(codec.AppendDisconnect(nil, codec.V5, &codec.Disconnect{}))
				c.wantEnd()
			}
		})
	}
	for i := range 50 {
		seen := map[string]int{}
		for at := (engine.Cursor{}); !at.Last(); {
			page, next, err := b.Sessions(t.Context(), at, engine.SessionQuery{Limit: 1 + i, Detail: session.Detail{Subscriptions: 10, Messages: i % 2}})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range page {
				seen[s.ClientID]++
			}
			at = next
		}
		for i := range stay {
			if n := seen[fmt.Sprint("stay", i)]; n != 1 {
				t.Fatalf("client stay%d was shown %d times", i, n)
			}
		}
	}
	cancel()
	comers.Wait()
}

func TestSession(t *testing.T) {
	b, addr := start(t, 2)
	defer stop(t, b)
	c := dial(t, addr, codec.V5, "c")
	c.subscribe("a/+", 2)
	got, err := b.Session(t.Context(), "", "c", session.Detail{Subscriptions: 5})
	if err != nil {
		t.Fatal(err)
	}
	if got.Peer != c.conn.LocalAddr().(interface{ AddrPort() netip.AddrPort }).AddrPort() || got.Listener != "test" || !got.CleanSession {
		t.Errorf("got %+v", got)
	}
	if age := time.Since(got.SessionStarted); age < -time.Second || age > time.Minute {
		t.Errorf("connected %v ago", age)
	}
	if len(got.Subscriptions) != 1 || got.Subscriptions[0] != (session.Subscription{Filter: "a/+", QoS: 2}) {
		t.Errorf("subscriptions %+v", got.Subscriptions)
	}
	for _, x := range [][2]string{{"", "d"}, {"nowhere", "c"}} {
		if _, err := b.Session(t.Context(), x[0], x[1], session.Detail{}); !errors.Is(err, engine.ErrNoSession) {
			t.Errorf("client %q of mountpoint %q: %v", x[1], x[0], err)
		}
	}
}

// TestDisconnectClient proves what an operator's disconnect does to a client that is here, one that is away, and one that nobody knows.
func TestDisconnectClient(t *testing.T) {
	b, addr := start(t, 2)
	defer stop(t, b)
	disconnect := func(id string, cleanup bool) error {
		return b.DisconnectClient(t.Context(), "", id, cleanup, codec.AdministrativeAction)
	}
	five, four := dial(t, addr, codec.V5, "five"), dial(t, addr, codec.V311, "four")
	for _, id := range []string{"five", "four"} {
		if err := disconnect(id, false); err != nil {
			t.Errorf("client %s: %v", id, err)
		}
	}
	five.wantDisconnect(codec.AdministrativeAction)
	four.wantEnd()

	keep := persistent(t, addr, "keep", 0)
	keep.subscribe("a", 1)
	if err := disconnect("keep", false); err != nil {
		t.Error(err)
	}
	keep.wantEnd()
	if s, err := b.Session(t.Context(), "", "keep", session.Detail{Subscriptions: 1}); err != nil || s.Online() || len(s.Subscriptions) != 1 {
		t.Errorf("after a disconnect: %+v, %v", s, err)
	}
	if err := disconnect("keep", false); err != nil {
		t.Errorf("a client that is away: %v", err)
	}
	if err := disconnect("keep", true); err != nil {
		t.Errorf("clean-up of a client that is away: %v", err)
	}
	persistent(t, addr, "keep", 0).subscribe("a", 1)
	if err := disconnect("keep", true); err != nil {
		t.Errorf("clean-up of a client that is here: %v", err)
	}
	if n := b.Index().Subscriptions(); n != 0 {
		t.Errorf("%d subscriptions are left", n)
	}
	for _, id := range []string{"keep", "five", "nobody"} {
		if err := disconnect(id, true); !errors.Is(err, engine.ErrNoSession) {
			t.Errorf("client %s, who is not there: %v", id, err)
		}
	}
	persistent(t, addr, "keep", 0)
}

// persistent connects a client of MQTT 3.1.1 with a session that stays; present is the flag that CONNACK must show.
func persistent(t *testing.T, addr, id string, present byte) *client {
	t.Helper()
	c := newClient(t, dialRaw(t, addr), codec.V311)
	c.write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V311, ClientID: []byte(id)}))
	if f := c.read(); f.Type != codec.CONNACK || f.Body[0] != present || f.Body[1] != 0 {
		t.Fatalf("got %s % x, want CONNACK with session present %d", f.Type, f.Body, present)
	}
	return c
}

// TestOperatorsDoNotWaitForEver proves that a question ends with its context, and with the broker.
func TestOperatorsDoNotWaitForEver(t *testing.T) {
	b, addr := start(t, 1)
	dial(t, addr, codec.V311, "c")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	calls := map[string]func(context.Context) error{
		"Session": func(ctx context.Context) error { _, err := b.Session(ctx, "", "c", session.Detail{}); return err },
		"Sessions": func(ctx context.Context) error {
			_, _, err := b.Sessions(ctx, engine.Cursor{}, engine.SessionQuery{})
			return err
		},
		"DisconnectClient": func(ctx context.Context) error {
			return b.DisconnectClient(ctx, "", "c", false, codec.AdministrativeAction)
		},
	}
	for name, call := range calls {
		if err := call(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a context that has ended: %v", name, err)
		}
	}
	// A loop that is busy answers later; the caller may give up before.
	busy, free := make(chan struct{}), make(chan struct{})
	b.Loops()[0].Post(blocker{busy, free})
	<-busy
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan error)
	for _, call := range calls {
		go func() { answers <- call(ctx) }()
	}
	cancel()
	for range calls {
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Errorf("with a busy loop: %v", err)
		}
	}
	close(free)
	persistent(t, addr, "stays", 0)
	stop(t, b)
	_, err := b.Session(t.Context(), "", "stays", session.Detail{})
	if !errors.Is(err, engine.ErrStopped) {
		t.Errorf("a broker that has stopped: %v", err)
	}
}

// blocker keeps a loop busy until free is closed.
type blocker struct{ busy, free chan struct{} }

func (x blocker) Run(*netpoll.Loop) {
	close(x.busy)
	<-x.free
}

// BenchmarkSessions walks over all sessions of a node, with a filter that chooses one of them: the worst that an operator asks for.
func BenchmarkSessions(b *testing.B) {
	const clients = 10000
	x, err := engine.New(engine.Options{Loops: 2, Settings: &session.Settings{AllowAnonymous: true, MaxClientIDSize: 23}})
	if err != nil {
		b.Fatal(err)
	}
	if err := x.Start(); err != nil {
		b.Fatal(err)
	}
	defer x.Stop(b.Context())
	l, err := x.Listen(engine.ListenerOptions{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	for i := range clients { // each connects, is answered and goes; its session stays
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		conn.Write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V311, ClientID: fmt.Append(nil, "c", i)}))
		if _, err := io.ReadFull(conn, make([]byte, 4)); err != nil {
			b.Fatal(err)
		}
		conn.Close()
	}
	b.ReportAllocs()
	for b.Loop() {
		page, next, err := x.Sessions(b.Context(), engine.Cursor{}, engine.SessionQuery{Limit: 10, Filter: func(s *session.Info) bool { return s.ClientID == "c77" }})
		if err != nil || len(page) != 1 || !next.Last() {
			b.Fatalf("%d found, last %v, %v", len(page), next.Last(), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/clients, "ns/session")
}
