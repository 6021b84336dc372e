package netpoll

import (
	"go/build"
	"strings"
	"testing"
)

// allowedImports are what this package may import beside the standard library.
var allowedImports = map[string]string{
	"golang.org/x/sys/unix":                      "sockets",
	"github.com/panjf2000/gnet/v2/pkg/netpoll":   "kqueue; the engine of gnet is not used",
	"github.com/panjf2000/gnet/v2/pkg/errors":    "the error that ends that poller",
	"github.com/vernemq/vmq/internal/invariants": "checks of debug builds",
}

// Only sockets, the poller and the standard library: netpoll knows no MQTT and nothing above it.
func TestImports(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "freebsd"} {
		ctx := build.Default
		ctx.GOOS = goos
		p, err := ctx.ImportDir(".", 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range append(append(p.Imports, p.TestImports...), p.XTestImports...) {
			std := !strings.Contains(strings.SplitN(path, "/", 2)[0], ".")
			if _, ok := allowedImports[path]; !ok && !std {
				t.Errorf("%s: import of %s", goos, path)
			}
		}
	}
}
