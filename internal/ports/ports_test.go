package ports

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
)

// TestReserve proves that no two reservations share an address, that each can be listened on and listened on again, and that it lies outside of
// what the kernel chooses.
func TestReserve(t *testing.T) {
	seen := map[netip.AddrPort]bool{}
	for _, addr := range append(Free(t, 50), Free(t, 50)...) {
		if seen[addr] {
			t.Errorf("%s is given twice", addr)
		}
		seen[addr] = true
		if addr.Port() < first || addr.Port() >= end {
			t.Errorf("%s is outside of the range", addr)
		}
		for range 2 {
			l, err := net.Listen("tcp", addr.String())
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
		}
	}
}

// TestReservationIsSeenByOthers proves that what holds a port is what another process would find taken, and that release gives it back.
func TestReservationIsSeenByOthers(t *testing.T) {
	addrs, release, err := Reserve(1)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC() // which closes sockets that nobody holds
	runtime.GC()
	if c, err := net.ListenPacket("udp", addrs[0].String()); err == nil {
		c.Close()
		t.Errorf("%s is not held", addrs[0])
	}
	release()
	c, err := net.ListenPacket("udp", addrs[0].String())
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	c.Close()
}
