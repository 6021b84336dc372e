// Package ports chooses the ports of programs that a test or a benchmark starts. A port that the kernel chose (":0") and that is closed again
// for the program may be anybody's by then: the kernel gives the same ones to every other listener and every outgoing connection on the machine.
// The ports here lie below those, and processes that ask this package do not get each other's.
package ports

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
)

// The range from which ports come. It ends where Linux begins to take those that it chooses itself; other systems begin higher.
const (
	first = 20000
	end   = 32768
)

// attempts is how many ports Reserve looks at before it gives up: enough to find one when nine of ten are taken.
const attempts = 200

// Reserve returns n different TCP addresses of 127.0.0.1 at which nobody listens. They stay the caller's until release is called or the process
// ends; it may listen on them, end, and listen again.
func Reserve(n int) (addrs []netip.AddrPort, release func(), err error) {
	release = func() {
		for _, addr := range addrs {
			if sign, ok := signs.LoadAndDelete(addr); ok {
				sign.(net.PacketConn).Close()
			}
		}
	}
	for range n {
		addr, err := one()
		if err != nil {
			release()
			return nil, nil, err
		}
		addrs = append(addrs, addr)
	}
	return addrs, release, nil
}

// signs holds for each reserved address what tells other processes that it is taken: the UDP port of the same number, which nobody here uses
// otherwise. Were it held by the caller alone, the garbage collector would close it for those who keep no release.
var signs sync.Map

// one reserves a port.
func one() (addr netip.AddrPort, err error) {
	var errs error
	for range attempts {
		addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(first+rand.IntN(end-first)))
		sign, err := net.ListenPacket("udp", addr.String())
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		l, err := net.Listen("tcp", addr.String())
		if err == nil {
			l.Close()
			signs.Store(addr, sign)
			return addr, nil
		}
		sign.Close()
		errs = errors.Join(errs, err)
	}
	return netip.AddrPort{}, fmt.Errorf("no free port in %d attempts: %w", attempts, errs)
}

// Test is what this package needs of a *testing.T or *testing.B.
type Test interface {
	Helper()
	Fatal(args ...any)
	Cleanup(f func())
}

// Free is Reserve for a test, with whose end the reservation ends.
func Free(t Test, n int) []netip.AddrPort {
	t.Helper()
	addrs, release, err := Reserve(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return addrs
}
