package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Environment variables that are keys of the configuration, as the container image of VerneMQ has them. They are looked at when
// there is one of them at all, and win over files.
const (
	envPrefix = "DOCKER_VERNEMQ_"
	// envNodeName holds the host part of the node's name only.
	envNodeName = envPrefix + "NODENAME"
	// envUser begins the variables that each add a user to the password file, which the entry point of the image does.
	envUser = envPrefix + "USER"
	// envAddress and envInterface say which address of the machine listeners get, or whose.
	envAddress   = "DOCKER_IP_ADDRESS"
	envInterface = "DOCKER_NET_INTERFACE"
	// envFile stands in Pos for what a container is given without being asked.
	envFile = "container"
	// localSuffix makes the name of a file that takes the place of the main one, and of all variables.
	localSuffix = ".local"
	// localAddress stands in that file for the address of the machine, once in a line.
	localAddress = "###IPADDRESS###"
)

// envElsewhere are parts of names of variables that say something about finding other nodes, and are no keys.
var envElsewhere = []string{"DISCOVERY_NODE", "KUBERNETES", "SWARM", "COMPOSE"}

// containerListeners are those of a container that does not set them itself, with their ports.
var containerListeners = []struct {
	key  string
	port uint16
}{
	{"listener.tcp.default", 1883}, {"listener.ws.default", 8080}, {"listener.vmq.clustering", 44053}, {"listener.http.metrics", 8888},
}

// environment is the variables that concern the configuration.
type environment struct {
	active bool // there is one with the prefix
	all    map[string]string
}

func newEnvironment(environ []string) (e environment) {
	e.all = map[string]string{}
	for _, assignment := range environ {
		name, value, _ := strings.Cut(assignment, "=")
		switch {
		case strings.HasPrefix(name, envPrefix):
			e.active = true
			e.all[name] = value
		case name == envAddress, name == envInterface:
			e.all[name] = value
		}
	}
	return e
}

// readEnvironment lays the variables over the files, and what a container has without being asked under the variables.
func (ld *loader) readEnvironment() {
	e := ld.environment
	if !e.active || ld.localFile {
		return
	}
	ld.containerDefaults()
	for _, name := range slices.Sorted(maps.Keys(e.all)) {
		pos, value := Pos{File: name}, e.all[name]
		switch {
		case !strings.HasPrefix(name, envPrefix):
		case strings.HasPrefix(name, envUser):
			ld.put(setting{pos: pos, written: "vmq_passwd.password_file", text: "./etc/vmq.passwd"})
		case slices.ContainsFunc(envElsewhere, func(part string) bool { return strings.Contains(name, part) }):
			ld.warn(pos, "", "", "not built yet (finding other nodes), so this has no effect", "")
		default:
			ld.readVariable(pos, strings.TrimPrefix(name, envPrefix), value)
		}
	}
}

// readVariable turns one variable into a setting. name is without the prefix.
func (ld *loader) readVariable(pos Pos, name, value string) {
	key := envKey(name)
	if ld.schema.find(key) == nil {
		if lower := strings.ToLower(key); ld.schema.find(lower) != nil {
			key = lower
		}
	}
	if n := keyLength(key); key == "" || n != len(key) {
		ld.problems = append(ld.problems, Problem{Pos: pos, What: fmt.Sprintf("%q is no key", key),
			Right: "write " + envPrefix + "LISTENER__TCP__DEFAULT for listener.tcp.default"})
		return
	}
	if pos.File == envNodeName && !strings.Contains(value, "@") {
		value = nodePrefix + value
	}
	ld.put(setting{pos: pos, written: key, text: value})
}

// nodePrefix is what every node of a container is called, in front of the @ and its host.
const nodePrefix = "VerneMQ@"

// envKey is the key that the rest of a variable's name stands for: its first run of capitals, digits and underscores in lower case,
// with a dot for two underscores everywhere.
func envKey(name string) string {
	end := strings.IndexFunc(name, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' })
	if end < 0 {
		end = len(name)
	}
	return strings.ReplaceAll(strings.ToLower(name[:end])+name[end:], "__", ".")
}

// containerDefaults gives a container listeners on its own address and a node name with it, as far as nothing else names the node:
// others reach it there and nowhere else.
func (ld *loader) containerDefaults() {
	addr, err := ld.address()
	if err != nil {
		ld.problems = append(ld.problems, Problem{Pos: Pos{File: envFile}, What: "no address for the listeners: " + err.Error(),
			Right: "set " + envAddress + " to the address of this machine"})
		return
	}
	for _, l := range containerListeners {
		if ld.schema.find(l.key).Status != Served {
			continue // nobody asked for it, so nobody needs to hear that it is missing
		}
		ld.put(setting{pos: Pos{File: envFile}, written: l.key, text: netip.AddrPortFrom(addr, l.port).String()})
	}
	if name := ld.settings["nodename"].text; name == "" || name == ld.schema.find("nodename").Default {
		ld.put(setting{pos: Pos{File: envFile}, written: "nodename", text: nodePrefix + addr.String()})
	}
}

// address is that of the machine: the one that a variable names, that of the interface that a variable names, or the one under which
// the rest of the world sees it.
func (ld *loader) address() (netip.Addr, error) {
	if text := ld.environment.all[envAddress]; text != "" {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return addr, fmt.Errorf("%s=%s is no address", envAddress, text)
		}
		return addr, nil
	}
	find := ld.options.HostAddress
	if find == nil {
		find = hostAddress
	}
	name := ld.environment.all[envInterface]
	addr, err := find(name)
	if err != nil && name != "" {
		err = fmt.Errorf("%s=%s: %w", envInterface, name, err)
	}
	return addr, err
}

// hostAddress is the IPv4 address of the interface of that name, or that of the default route. A machine without any route has only
// itself to talk to.
func hostAddress(name string) (netip.Addr, error) {
	if name == "" {
		// Connecting a datagram socket sends nothing; it only makes the kernel choose. The address is one of those for examples.
		conn, err := net.Dial("udp4", "192.0.2.1:9")
		if err != nil {
			return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
		}
		defer conn.Close()
		return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
	}
	i, err := net.InterfaceByName(name)
	if err != nil {
		return netip.Addr{}, err
	}
	all, err := i.Addrs()
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			addr, _ := netip.AddrFromSlice(n.IP.To4())
			return addr, nil
		}
	}
	return netip.Addr{}, errors.New("the interface has no IPv4 address")
}

// readLocal reads the file that takes the place of the main one in a container, if there is one.
func (ld *loader) readLocal(main string) (name string, text []byte, found bool) {
	if !ld.environment.active {
		return "", nil, false
	}
	name = main + localSuffix
	text, err := ld.files.ReadFile(name)
	if err != nil {
		return "", nil, false
	}
	addr, err := ld.address()
	if err != nil {
		ld.problems = append(ld.problems, Problem{Pos: Pos{File: name, Line: 1}, What: err.Error(), Right: "set " + envAddress})
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		b.WriteString(strings.Replace(line, localAddress, addr.String(), 1))
	}
	return name, []byte(b.String()), true
}
