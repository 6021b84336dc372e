package engine_test

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
)

// tcpListener is a listener for all versions on a free port of the loopback.
func tcpListener(name string) engine.ListenerOptions {
	return engine.ListenerOptions{
		ListenerSettings: session.ListenerSettings{Name: name, Versions: session.Level3 | session.Level4 | session.Level5},
		Network:          "tcp", Address: "127.0.0.1:0",
	}
}

// only is the one listener that the broker has.
func only(t *testing.T, b *engine.Broker) engine.ListenerInfo {
	t.Helper()
	all := b.Listeners()
	if len(all) != 1 {
		t.Fatalf("%d listeners, want one: %+v", len(all), all)
	}
	return all[0]
}

// ping proves that the connection is served.
func (c *client) ping() {
	c.t.Helper()
	c.write(codec.AppendPingreq(nil))
	if f := c.read(); f.Type != codec.PINGRESP {
		c.t.Fatalf("got %s, want PINGRESP", f.Type)
	}
}

// wantEnd proves that nothing more comes.
func (c *client) wantEnd() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.r); err != nil || len(rest) > 0 {
		c.t.Errorf("after the last packet: % x, %v; want the end", rest, err)
	}
	c.conn.Close()
}

func (c *client) wantDisconnect(code codec.ReasonCode) {
	c.t.Helper()
	if f := c.read(); f.Type != codec.DISCONNECT || len(f.Body) == 0 || codec.ReasonCode(f.Body[0]) != code {
		c.t.Errorf("got %s % x, want DISCONNECT %02x", f.Type, f.Body, byte(code))
	}
	c.wantEnd()
}

// refused proves that nobody listens.
func refused(t *testing.T, addr string) {
	t.Helper()
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Errorf("%s accepts connections", addr)
	}
}

// TestListenerLife takes a listener through its life: started, stopped, started again, deleted, and another one at its address.
func TestListenerLife(t *testing.T) {
	b, addr := start(t, 2)
	defer stop(t, b)
	c := dial(t, addr, codec.V5, "c")
	info := only(t, b)
	want := engine.ListenerInfo{
		Name: "test", Type: "mqtt", Running: true, Address: "127.0.0.1", Port: info.Port, ActiveConnections: 1, AllConnections: 1,
		Versions: session.Level3 | session.Level4 | session.Level5,
	}
	if info != want || !strings.HasSuffix(addr, ":"+strconv.Itoa(info.Port)) {
		t.Errorf("got %+v, want %+v at %s", info, want, addr)
	}
	for range 2 { // the second time changes nothing
		if err := b.StopListener(addr, false); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, addr)
	c.ping()
	if info := only(t, b); info.Running || info.ActiveConnections != 1 {
		t.Errorf("stopped: %+v", info)
	}
	for range 2 {
		if err := b.RestartListener("test"); err != nil {
			t.Fatal(err)
		}
	}
	second := dial(t, addr, codec.V311, "second")
	if err := b.DeleteListener(addr); err != nil {
		t.Fatal(err)
	}
	refused(t, addr)
	c.wantDisconnect(codec.AdministrativeAction)
	second.wantEnd()
	if all := b.Listeners(); len(all) != 0 {
		t.Errorf("after its end: %+v", all)
	}
	o := tcpListener("test")
	o.Address, o.Mountpoint, o.MaxConnections, o.AllowAnonymous = addr, "m", 7, true
	next, err := b.StartListener(o)
	if err != nil {
		t.Fatal(err)
	}
	if next.Mountpoint != "m" || next.MaxConnections != 7 || !next.AllowAnonymous || next.Port != info.Port || next.ActiveConnections != 0 {
		t.Errorf("the next one at the address: %+v", next)
	}
	dial(t, addr, codec.V5, "third").ping()
}

// TestStopListenerWithKill proves that everybody who came through the listener is told and closed, those who have sent no CONNECT
// included, that wills are published, and that clients of another listener do not notice.
func TestStopListenerWithKill(t *testing.T) {
	b, addr := start(t, 2)
	defer stop(t, b)
	other, err := b.Listen(tcpListener("other"))
	if err != nil {
		t.Fatal(err)
	}
	watcher := dial(t, other.Addr().String(), codec.V311, "watcher")
	watcher.subscribe("will/#", 1)
	const clients = 100
	var all []*client
	for i := range clients {
		c := newClient(t, dialRaw(t, addr), codec.V5)
		id := "c" + strconv.Itoa(i+1)
		c.write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V5, CleanStart: true, ClientID: []byte(id),
			HasWill: true, Will: codec.Will{Topic: []byte("will/" + id), Payload: []byte(id), QoS: 1}}))
		if f := c.read(); f.Type != codec.CONNACK {
			t.Fatalf("got %s, want CONNACK", f.Type)
		}
		all = append(all, c)
	}
	silent := dialRaw(t, addr)
	// Accepted in the order of their connecting, so this client's answer says that the silent one is in.
	all = append(all, dial(t, addr, codec.V5, "last"))
	if err := b.StopListener("test", true); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		c.wantDisconnect(codec.AdministrativeAction)
	}
	if rest, err := io.ReadAll(silent); err != nil || len(rest) > 0 {
		t.Errorf("a connection without CONNECT got % x, %v; want the end", rest, err)
	}
	wills := map[string]bool{}
	for len(wills) < clients {
		f := watcher.read()
		var p codec.Publish
		if err := codec.ParsePublish(f.Body, codec.V311, f.Flags, &p); f.Type != codec.PUBLISH || err != nil {
			t.Fatalf("got %s, %v", f.Type, err)
		}
		if wills[string(p.Topic)] {
			t.Fatalf("the will of %s came twice", p.Topic)
		}
		wills[string(p.Topic)] = true
		watcher.write(codec.AppendAck(nil, codec.PUBACK, codec.V311, &codec.Ack{PacketID: p.PacketID}))
	}
	watcher.ping()
	if info := only(t, b); info.Name != "other" {
		t.Errorf("left: %+v", info)
	}
	for _, err := range []error{b.RestartListener("test"), b.StopListener(addr, false), b.DeleteListener("test"), b.SetMaxConnections("test", 1)} {
		if !errors.Is(err, engine.ErrUnknownListener) || !strings.Contains(err.Error(), "other") {
			t.Errorf("error %v, want ErrUnknownListener and the names there are", err)
		}
	}
}

// TestDeleteListenerDuringConnects deletes a listener in the midst of connects on two loops, where clients move from one to the other:
// nobody is left behind, and everybody sees an orderly end.
func TestDeleteListenerDuringConnects(t *testing.T) {
	b, _ := start(t, 2)
	defer stop(t, b)
	for range 10 {
		l, err := b.Listen(tcpListener("storm"))
		if err != nil {
			t.Fatal(err)
		}
		addr := l.Addr().String()
		begun := make(chan struct{}, 1000)
		var dialers, served sync.WaitGroup
		for i := range 4 {
			dialers.Go(func() {
				for n := 0; ; n++ {
					conn, err := net.Dial("tcp", addr)
					if err != nil {
						return
					}
					conn.SetDeadline(time.Now().Add(deadline))
					// Few ids, so that clients take over from each other, and the record's home is often on the other loop.
					conn.Write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V5, ClientID: []byte{'a' + byte((n+i)%6)}}))
					select {
					case begun <- struct{}{}:
					default:
					}
					served.Go(func() {
						defer conn.Close()
						var late net.Error
						if _, err := io.Copy(io.Discard, conn); errors.As(err, &late) && late.Timeout() {
							t.Error("a connection outlived its listener")
						}
					})
				}
			})
		}
		for range 50 {
			<-begun
		}
		if err := b.DeleteListener("storm"); err != nil {
			t.Fatal(err)
		}
		dialers.Wait()
		served.Wait()
	}
}

// TestListenerErrors proves that each reason why a listener cannot start is said with what would help, and that nothing else changes.
func TestListenerErrors(t *testing.T) {
	b, addr := start(t, 1)
	defer stop(t, b)
	foreign, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	at := func(name, network, address string) engine.ListenerOptions {
		o := tcpListener(name)
		o.Network, o.Address = network, address
		return o
	}
	for _, x := range []struct {
		o    engine.ListenerOptions
		is   error
		says []string
	}{
		{at("test", "tcp", "127.0.0.1:0"), engine.ErrListenerExists, []string{`"test"`, "another name"}},
		{at("second", "tcp", addr), engine.ErrListenerExists, []string{`"second"`, addr, `listener "test" has this address`}},
		{at("third", "tcp", "[::ffff:127.0.0.1]:"+port), engine.ErrListenerExists, []string{`"third"`, `"test"`}},
		{at("fourth", "tcp", foreign.Addr().String()), nil, []string{`"fourth"`, foreign.Addr().String(), "in use", "choose another port"}},
		{at("fifth", "tcp", "192.0.2.77:1883"), nil, []string{`"fifth"`, "192.0.2.77", "no such address", "0.0.0.0"}},
		{at("sixth", "tcp", "nonsense"), nil, []string{`"sixth"`, "nonsense"}},
		{at("seventh", "unix", filepath.Join(t.TempDir(), "missing", "s")), nil, []string{`"seventh"`, "missing"}},
	} {
		info, err := b.StartListener(x.o)
		if err == nil || x.is != nil && !errors.Is(err, x.is) || info != (engine.ListenerInfo{}) {
			t.Errorf("%s on %s: %+v, %v", x.o.Name, x.o.Address, info, err)
			continue
		}
		for _, part := range x.says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s on %s: error %q lacks %q", x.o.Name, x.o.Address, err, part)
			}
		}
	}
	only(t, b)
	dial(t, addr, codec.V311, "c").ping()
	// A stopped listener whose port somebody else took cannot come back until the port is free.
	if err := b.StopListener("test", false); err != nil {
		t.Fatal(err)
	}
	thief, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.RestartListener("test"); err == nil || !strings.Contains(err.Error(), "in use") || only(t, b).Running {
		t.Errorf("restart on a port that is taken: %v", err)
	}
	thief.Close()
	if err := b.RestartListener("test"); err != nil {
		t.Errorf("restart when it is free again: %v", err)
	}
}

// TestUnixListener takes a unix socket through the same calls: its address is its path.
func TestUnixListener(t *testing.T) {
	b, _ := start(t, 2)
	defer stop(t, b)
	path := filepath.Join(t.TempDir(), "s")
	o := tcpListener("unix")
	o.Network, o.Address = "unix", path
	info, err := b.StartListener(o)
	if err != nil {
		t.Fatal(err)
	}
	if info.Address != "local:"+path || info.Port != 0 || !info.Running {
		t.Errorf("got %+v", info)
	}
	o.Name = "twin"
	if _, err := b.Listen(o); !errors.Is(err, engine.ErrListenerExists) {
		t.Errorf("a second listener at the path: %v", err)
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(deadline))
	c := newClient(t, conn, codec.V5)
	c.write(codec.AppendConnect(nil, &codec.Connect{Version: codec.V5, CleanStart: true, ClientID: []byte("c")}))
	if f := c.read(); f.Type != codec.CONNACK {
		t.Fatalf("got %s", f.Type)
	}
	if err := b.StopListener("local:"+path+":0", false); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		t.Error("a stopped listener accepts")
	}
	if err := b.RestartListener("local:" + path); err != nil {
		t.Fatal(err)
	}
	if err := b.DeleteListener("unix"); err != nil {
		t.Fatal(err)
	}
	c.wantDisconnect(codec.AdministrativeAction)
}

// TestListenersAreSorted proves the order of the list, and that a listener without a name goes by its address.
func TestListenersAreSorted(t *testing.T) {
	b, _ := start(t, 1)
	defer stop(t, b)
	for _, name := range []string{"z", "a", ""} {
		if _, err := b.Listen(tcpListener(name)); err != nil {
			t.Fatal(err)
		}
	}
	all := b.Listeners()
	if len(all) != 4 || !slices.IsSortedFunc(all, func(x, y engine.ListenerInfo) int { return x.Port - y.Port }) {
		t.Errorf("got %+v", all)
	}
	if err := b.DeleteListener("127.0.0.1:0"); err != nil {
		t.Errorf("the one without a name: %v", err)
	}
}

// TestMaxConnectionsIsExact proves that exactly as many clients as allowed are served, that the others wait and are not refused, and
// that a new limit counts at once.
func TestMaxConnectionsIsExact(t *testing.T) {
	b, _ := start(t, 2)
	defer stop(t, b)
	o := tcpListener("small")
	o.MaxConnections = 2
	info, err := b.StartListener(o)
	if err != nil {
		t.Fatal(err)
	}
	addr := "127.0.0.1:" + strconv.Itoa(info.Port)
	first, second := dial(t, addr, codec.V311, "1"), dial(t, addr, codec.V311, "2")
	waiting := make(chan *client)
	go func() { waiting <- dial(t, addr, codec.V311, "3") }()
	second.ping()
	if n := numbers(b, "small"); n != [2]int{2, 2} {
		t.Errorf("limit and connections %v, want 2 and 2", n)
	}
	if err := b.SetMaxConnections(addr, 3); err != nil {
		t.Fatal(err)
	}
	third := <-waiting
	if n := numbers(b, "small"); n != [2]int{3, 3} {
		t.Errorf("limit and connections %v, want 3 and 3", n)
	}
	go func() { waiting <- dial(t, addr, codec.V311, "4") }()
	first.conn.Close()
	fourth := <-waiting
	if n := numbers(b, "small"); n[1] > 3 {
		t.Errorf("%d connections, limit 3", n[1])
	}
	for _, c := range []*client{second, third, fourth} {
		c.ping()
	}
}

// numbers are the limit and the connections of a listener.
func numbers(b *engine.Broker, name string) (n [2]int) {
	for _, l := range b.Listeners() {
		if l.Name == name {
			n = [2]int{l.MaxConnections, l.ActiveConnections}
		}
	}
	return n
}

// TestListenerOptionsReachClients proves that mountpoint, versions and anonymous access are those of the listener.
func TestListenerOptionsReachClients(t *testing.T) {
	b, plain := start(t, 2)
	defer stop(t, b)
	closed := *b.Settings()
	closed.AllowAnonymous = false
	b.Apply(&closed)
	o := tcpListener("tenant")
	o.Mountpoint, o.AllowAnonymous, o.Versions = "tenant", true, session.Level5
	l, err := b.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	dial(t, l.Addr().String(), codec.V5, "c")
	for _, x := range []struct {
		addr   string
		v      codec.Version
		answer string
	}{
		{plain, codec.V311, "\x20\x02\x00\x05"},
		{l.Addr().String(), codec.V311, "\x20\x02\x00\x01"},
	} {
		conn, err := net.Dial("tcp", x.addr)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(deadline))
		conn.Write(codec.AppendConnect(nil, &codec.Connect{Version: x.v, CleanStart: true, ClientID: []byte("x")}))
		if answer, err := io.ReadAll(conn); err != nil || string(answer) != x.answer {
			t.Errorf("at %s: % x, %v; want % x", x.addr, answer, err, x.answer)
		}
		conn.Close()
	}
	if _, err := b.Session(t.Context(), "tenant", "c", session.Detail{}); err != nil {
		t.Errorf("the client is not in its mountpoint: %v", err)
	}
	if _, err := b.Session(t.Context(), "", "c", session.Detail{}); !errors.Is(err, engine.ErrNoSession) {
		t.Errorf("in the default mountpoint: %v", err)
	}
}
