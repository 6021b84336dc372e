package config

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// check applies the rules that need more than one value, or the file system.
func (ld *loader) check() {
	for _, key := range slices.Sorted(maps.Keys(ld.entries)) {
		e := ld.entries[key]
		if e.source == (Pos{}) || e.bad {
			continue
		}
		ld.checkFile(key, e)
		switch {
		case strings.HasSuffix(e.row.Key, ".NAME.auth_plugins"), strings.HasSuffix(e.row.Key, ".NAME.authz_plugins"):
			ld.checkPlugins(key, e)
		case strings.HasPrefix(e.row.Key, "vmq_webhooks.NAME."):
			ld.checkWebhook(key, e)
		case strings.HasSuffix(e.row.Key, ".NAME.topic.N"):
			ld.checkTopicNumber(key, e)
		}
	}
	ld.checkSyslog()
}

// checkFile looks whether a file that must be readable is.
func (ld *loader) checkFile(key string, e entry) {
	if e.row.Check == Unchecked || e.text == "" {
		return
	}
	text, err := ld.files.ReadFile(ld.path(e.text))
	switch {
	case err != nil:
		ld.fail(e.source, key, e.text, "the file cannot be read: "+reason(err), "name a readable file; relative paths start at "+ld.home)
	case e.row.Check == MustBePEM && !bytes.Contains(text, []byte("-----BEGIN ")):
		ld.fail(e.source, key, e.text, "the file holds no PEM block", "expected a line that starts with -----BEGIN")
	}
}

// checkPlugins wants each plugin of a listener's list to be on, and named once.
func (ld *loader) checkPlugins(key string, e entry) {
	list := e.value.List()
	for i, name := range list {
		if slices.Contains(list[:i], name) {
			ld.fail(e.source, key, e.text, fmt.Sprintf("%s is named twice", name), "name each plugin once")
			continue
		}
		plugin := "plugins." + name
		if on := ld.entries[plugin]; !on.value.On() && !on.bad && !ld.broken[plugin] {
			ld.fail(e.source, key, e.text, fmt.Sprintf("plugin %s is not on", name), "set "+plugin+" = on or leave it out")
		}
	}
}

// checkWebhook wants both a hook and an endpoint for every name; it speaks up once, at the first of the name's keys.
func (ld *loader) checkWebhook(key string, e entry) {
	prefix, name := e.row.family(key)
	base := prefix + "." + name + "."
	for _, needed := range []string{base + "hook", base + "endpoint"} {
		if _, found := ld.entries[needed]; !found && !ld.broken[needed] {
			ld.fail(e.source, key, e.text, "webhook "+name+" lacks "+needed, "each webhook needs a hook and an endpoint")
			ld.broken[needed] = true
		}
	}
}

// checkTopicNumber warns about topics of a bridge that are not looked at.
func (ld *loader) checkTopicNumber(key string, e entry) {
	segments := splitKey(key)
	if n, ok := parseInt(segments[len(segments)-1]); !ok || n < 1 || n > 100 {
		ld.warn(e.source, key, e.text, "this topic is ignored", "topics of a bridge are numbered from 1 to 100")
	}
}

// checkSyslog wants what TLS needs.
func (ld *loader) checkSyslog() {
	protocol := ld.entries["log.syslog.remote.protocol"]
	if !protocol.value.Is("tls") || protocol.bad {
		return
	}
	if format := ld.entries["log.syslog.format"]; !format.bad && !format.value.Is("rfc5424") {
		ld.fail(protocol.source, "log.syslog.remote.protocol", protocol.text, "tls needs log.syslog.format = rfc5424",
			"set it, or use udp or tcp")
	}
	const ca = "log.syslog.remote.tls.cafile"
	if file := ld.entries[ca]; file.text == "" && !ld.broken[ca] {
		ld.fail(protocol.source, "log.syslog.remote.protocol", protocol.text, "tls needs "+ca, "set it, or use udp or tcp")
	}
}

// checkListeners warns about listeners that cannot all start, and about there being none.
func (ld *loader) checkListeners(c *Config) {
	if len(c.Listeners) == 0 && ld.mainFile != "" {
		ld.warn(Pos{File: ld.mainFile, Line: 1}, "", "", "no listener is configured, so nobody can connect",
			"add a line such as listener.tcp.default = 127.0.0.1:1883")
	}
	first := map[Addr]Listener{}
	for _, l := range c.Listeners {
		if l.Addr.Port == 0 && l.Addr.Socket == "" {
			continue
		}
		other, taken := first[l.Addr]
		if !taken {
			first[l.Addr] = l
			continue
		}
		ld.warn(l.Source, l.key(), l.Addr.String(), "the address is taken by "+other.key()+", which starts first",
			"give each listener an address of its own")
	}
}

// warnStatus says which settings have no effect: one warning for each key of the Erlang runtime, one for each feature that is
// not built yet, at the first of its keys.
func (ld *loader) warnStatus(c *Config) {
	type feature struct {
		first Problem
		more  []string
	}
	waiting := map[string]*feature{}
	place := placeOrder(ld.layers.files)
	keys := slices.SortedFunc(maps.Keys(ld.entries), func(a, b string) int {
		return cmp.Or(place(ld.entries[a].source, ld.entries[b].source), strings.Compare(a, b))
	})
	for _, key := range keys {
		e := ld.entries[key]
		if e.source == (Pos{}) || e.bad || !e.row.acts(e.value) || c.idle(key) {
			continue
		}
		switch e.row.Status {
		case RuntimeOnly:
			if !e.row.Silent {
				ld.warn(e.source, key, e.text, "this concerns the Erlang runtime only and has no effect", "")
			}
		case NotBuilt:
			name := e.row.Feature
			if name == "" {
				name = e.row.Group.Feature
			}
			f := waiting[name]
			if f == nil {
				waiting[name] = &feature{first: Problem{Pos: e.source, Key: key, Value: e.text}}
				continue
			}
			f.more = append(f.more, key)
		}
	}
	for name, f := range waiting {
		what := "not built yet (" + name + "), so this has no effect"
		if len(f.more) > 0 {
			what += ", nor have " + strings.Join(f.more[:min(len(f.more), namedMax)], ", ")
		}
		if n := len(f.more) - namedMax; n > 0 {
			what += fmt.Sprintf(" and %d more", n)
		}
		ld.warn(f.first.Pos, f.first.Key, f.first.Value, what, "")
	}
}

// idle tells whether a key is an option of something that is not there: below a flag that is off, such as log.syslog, or of a kind of
// listener of which there is none.
func (c *Config) idle(key string) bool {
	segments := splitKey(key)
	for n := 1; n < len(segments); n++ {
		if e, found := c.values[joinKey(segments[:n])]; found && e.row.Kind == Flag && !e.value.On() {
			return true
		}
	}
	if segments[0] != "listener" || len(segments) < 3 || !slices.Contains(listenerKinds, ListenerKind(segments[1])) {
		return false
	}
	return !slices.ContainsFunc(c.Listeners, func(l Listener) bool { return string(l.Kind) == segments[1] })
}

// namedMax is how many further keys a warning names; the effective configuration shows them all.
const namedMax = 4

// path makes a path of the configuration absolute.
func (ld *loader) path(p string) string { return absolute(ld.home, p) }

func absolute(home, p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(home, p)
}
