package netpoll

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// endpoint is a parsed network and address.
type endpoint struct {
	path string         // of a unix socket
	ip   netip.AddrPort // otherwise
	any  bool           // tcp without a host: both families
}

// parseEndpoint resolves address. Names are looked up, which may block; addresses are not.
func parseEndpoint(network, address string) (endpoint, error) {
	switch network {
	case "unix":
		if address == "" {
			return endpoint{}, fmt.Errorf("unix socket without a path")
		}
		return endpoint{path: address}, nil
	case "tcp", "tcp4", "tcp6":
	default:
		return endpoint{}, fmt.Errorf("network %q: want tcp, tcp4, tcp6 or unix", network)
	}
	if ip, err := netip.ParseAddrPort(address); err == nil {
		if (network == "tcp4" && !ip.Addr().Is4()) || (network == "tcp6" && ip.Addr().Is4()) {
			return endpoint{}, fmt.Errorf("address %q is not of network %s", address, network)
		}
		return endpoint{ip: ip, any: network == "tcp" && ip.Addr() == netip.IPv6Unspecified()}, nil
	}
	a, err := net.ResolveTCPAddr(network, address)
	if err != nil {
		return endpoint{}, err
	}
	if a.IP == nil {
		zero := netip.IPv6Unspecified()
		if network == "tcp4" {
			zero = netip.IPv4Unspecified()
		}
		return endpoint{ip: netip.AddrPortFrom(zero, uint16(a.Port)), any: network == "tcp"}, nil
	}
	ip := a.AddrPort()
	return endpoint{ip: netip.AddrPortFrom(ip.Addr().Unmap(), ip.Port())}, nil
}

// family returns the domain and the address for socket calls.
func (e endpoint) family() (domain int, sa unix.Sockaddr, err error) {
	switch addr := e.ip.Addr(); {
	case e.path != "":
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: e.path}, nil
	case addr.Is4():
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(e.ip.Port()), Addr: addr.As4()}, nil
	default:
		zone, err := zoneID(addr.Zone())
		return unix.AF_INET6, &unix.SockaddrInet6{Port: int(e.ip.Port()), Addr: addr.As16(), ZoneId: zone}, err
	}
}

// zoneID returns the index of the interface that zone names or numbers.
func zoneID(zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	ifc, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, fmt.Errorf("zone %q: %w", zone, err)
	}
	return uint32(ifc.Index), nil
}

// addrPort translates an address of the kernel; it is invalid for a unix socket.
func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		addr := netip.AddrFrom16(sa.Addr).Unmap()
		if sa.ZoneId != 0 && addr.Is6() {
			addr = addr.WithZone(strconv.FormatUint(uint64(sa.ZoneId), 10))
		}
		return netip.AddrPortFrom(addr, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

// localAddr returns our address of a socket.
func localAddr(fd int) netip.AddrPort {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}
	}
	return addrPort(sa)
}
