package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// memFiles are files by path.
type memFiles map[string]string

func (m memFiles) ReadFile(name string) ([]byte, error) {
	text, found := m[path.Clean(name)]
	if !found {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

func (m memFiles) Names(dir string) ([]string, error) {
	var names []string
	for name := range m {
		if path.Clean(dir) == path.Dir(name) {
			names = append(names, path.Base(name))
		}
	}
	slices.Sort(names)
	return names, nil
}

// TestLoad runs testdata/load. Sections start with "-- name --"; the main file is vernemq.conf and the home directory /h. The
// sections -o, env and show hold overrides, environment variables and the keys to print, one a line.
func TestLoad(t *testing.T) {
	datadriven.Walk(t, "testdata/load", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			sections := splitSections(t, d.Input)
			o := Options{Home: "/h", File: "vernemq.conf"}
			if _, found := sections["vernemq.conf"]; !found {
				o.File = ""
			}
			env := map[string]string{}
			for _, line := range lines(sections["env"]) {
				name, value, _ := strings.Cut(line, "=")
				env[name] = value
			}
			o.Getenv = func(name string) (string, bool) { v, found := env[name]; return v, found }
			o.Environ = lines(sections["env"])
			o.HostAddress = func(name string) (netip.Addr, error) {
				if name != "" && name != "eth1" {
					return netip.Addr{}, errors.New("no such interface")
				}
				return netip.MustParseAddr("192.0.2." + map[string]string{"": "7", "eth1": "8"}[name]), nil
			}
			o.Overrides = lines(sections["-o"])
			show := lines(sections["show"])
			files := memFiles(maps.Clone(sections))
			for _, name := range []string{"env", "-o", "show"} {
				delete(files, name)
			}
			c, err := load(o, files)
			switch d.Cmd {
			case "load":
				return describe(t, c, err, show)
			case "listeners":
				return describeListeners(c)
			}
			t.Fatalf("unknown command %s", d.Cmd)
			return ""
		})
	})
}

func describe(t *testing.T, c *Config, err error, show []string) string {
	var b strings.Builder
	var problems Problems
	if errors.As(err, &problems) {
		fmt.Fprintln(&b, problems)
	} else if err != nil {
		t.Fatal(err)
	}
	for _, w := range c.Warnings {
		fmt.Fprintln(&b, "warning:", w)
	}
	for _, e := range c.Effective() {
		if slices.Contains(show, e.Key) {
			fmt.Fprintf(&b, "%s = %s  <- %v\n", e.Key, oneLine(e.Value), e.Source)
		}
	}
	for _, key := range show {
		if _, found := c.Get(key); !found {
			fmt.Fprintf(&b, "%s has no value\n", key)
		}
	}
	if b.Len() == 0 {
		return "ok\n"
	}
	return b.String()
}

func describeListeners(c *Config) string {
	var b strings.Builder
	for _, l := range c.Listeners {
		fmt.Fprintf(&b, "%s.%s %s %v <- %v\n", l.Kind, l.Name, l.Addr.Network(), l.Addr, l.Source)
		fmt.Fprintf(&b, "  max=%d lifetime=%v mountpoint=%q versions=%v anonymous=%v buffers=%d,%d\n", l.MaxConnections,
			l.MaxConnectionLifetime, l.Mountpoint, l.Versions, l.AllowAnonymous, l.SendBuffer, l.ReceiveBuffer)
		if l.TLS.Depth != 0 {
			fmt.Fprintf(&b, "  cert=%q versions=%v handshake=%v curves=%v\n", l.TLS.CertFile, l.TLS.Versions, l.TLS.HandshakeTimeout, l.TLS.Curves)
		}
	}
	if b.Len() == 0 {
		return "none\n"
	}
	return b.String()
}

// splitSections cuts text at lines "-- name --". A line end that the last line of a section needs is there.
func splitSections(t *testing.T, text string) map[string]string {
	t.Helper()
	sections := map[string]string{}
	name := ""
	for _, line := range strings.SplitAfter(text, "\n") {
		if n, found := strings.CutPrefix(strings.TrimSpace(line), "-- "); found {
			name = strings.TrimSuffix(n, " --")
			sections[name] = ""
			continue
		}
		if name == "" && line != "" {
			t.Fatalf("text before the first section: %q", line)
		}
		sections[name] += strings.NewReplacer(`\xEF\xBB\xBF`, "\uFEFF", `<CR>`, "\r", `<TAB>`, "\t", `\xFF`, "\xFF").Replace(line)
	}
	return sections
}

func lines(text string) []string {
	var out []string
	for _, l := range strings.Split(text, "\n") {
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}
