package blackbox

import (
	"bytes"
	"context"
	"net"
	"testing"

	"github.com/gobwas/ws"

	"github.com/vernemq/vmq/codec"
	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/session"
	"github.com/vernemq/vmq/netpoll/wslayer"
)

// webSocket opens a WebSocket to the broker that offers these subprotocols, and returns the one that was chosen.
func (n *node) webSocket(protocols ...string) (c net.Conn, chosen string) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	c, _, hs, err := ws.Dialer{Protocols: protocols}.Dial(ctx, "ws://"+n.addr+"/mqtt")
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { c.Close() })
	return c, hs.Protocol
}

func (n *node) sendFrame(c net.Conn, f ws.Frame) {
	n.t.Helper()
	if err := ws.WriteFrame(c, ws.MaskFrameInPlace(f)); err != nil {
		n.t.Fatal(err)
	}
}

// TestWebSocket proves that the broker chooses the subprotocol of MQTT [MQTT-6.0.0-4], that the borders of packets and frames need not
// agree in either direction [MQTT-6.0.0-2], that its own packets travel in binary frames, and that a text frame ends the connection
// [MQTT-6.0.0-1], for MQTT 3.1.1 and 5.
func TestWebSocket(t *testing.T) {
	n := start(t, func(_ *session.Settings, o *engine.ListenerOptions) { o.WebSocket = new(wslayer.Options) })
	for _, v := range []codec.Version{codec.V311, codec.V5} {
		c, chosen := n.webSocket("other", "mqtt")
		if chosen != "mqtt" {
			t.Fatalf("the broker chose %q", chosen)
		}
		packets := codec.AppendConnect(nil, &codec.Connect{Version: v, CleanStart: true, ClientID: []byte("c1")})
		packets = codec.AppendPingreq(packets)
		for _, b := range packets[:len(packets)-3] {
			n.sendFrame(c, ws.NewBinaryFrame([]byte{b}))
		}
		// The end of one packet and the whole next one, in a message of two frames.
		first := ws.NewFrame(ws.OpBinary, false, bytes.Clone(packets[len(packets)-3:len(packets)-1]))
		n.sendFrame(c, first)
		n.sendFrame(c, ws.NewFrame(ws.OpContinuation, true, bytes.Clone(packets[len(packets)-1:])))
		var got []byte
		for want := codec.AppendPingresp(nil); !bytes.HasSuffix(got, want); {
			f, err := ws.ReadFrame(c)
			if err != nil {
				t.Fatalf("MQTT %s: after % x: %v", v, got, err)
			}
			if f.Header.OpCode != ws.OpBinary && f.Header.OpCode != ws.OpContinuation {
				t.Fatalf("MQTT %s: the broker sent a frame of kind %d", v, f.Header.OpCode)
			}
			got = append(got, f.Payload...)
		}
		n.sendFrame(c, ws.NewTextFrame(codec.AppendPingreq(nil)))
		for {
			f, err := ws.ReadFrame(c)
			if err != nil {
				t.Fatalf("MQTT %s: the broker did not say why it closes: %v", v, err)
			}
			if f.Header.OpCode == ws.OpClose {
				if code, _ := ws.ParseCloseFrameData(f.Payload); code != ws.StatusUnsupportedData {
					t.Errorf("MQTT %s: closed with %d", v, code)
				}
				break
			}
		}
	}
}
