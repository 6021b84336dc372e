package blackbox

import (
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
)

// TestConnectionsWithoutConnect proves that connections that say nothing, or half of a CONNECT, are closed and counted when their time is
// over, while others are served.
func TestConnectionsWithoutConnect(t *testing.T) {
	n := start(t, func(_ *session.Settings, o *engine.ListenerOptions) { o.ConnectTimeout = 300 * time.Millisecond })
	other := n.connect(codec.V311, "other")
	half := codec.AppendConnect(nil, &codec.Connect{Version: codec.V5, ClientID: []byte("c")})
	half = half[:len(half)-1]
	const flood = 300
	var all []*client
	for i := range flood {
		c := n.dial(codec.V5)
		if i%2 == 0 {
			c.raw(half[:1+i%len(half)])
		}
		all = append(all, c)
	}
	other.ping()
	for _, c := range all {
		c.wantEnd()
	}
	other.ping()
	n.until("they are counted", func() bool { return n.timeouts() == flood && n.Connections() == 1 })
}
