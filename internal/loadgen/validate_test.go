package loadgen

import (
	"strings"
	"testing"
	"time"

	"github.com/vernemq/vmq/codec"
)

func TestDefaultsAreValid(t *testing.T) {
	for _, p := range Patterns {
		o := Defaults(p)
		if err := o.Validate(); err != nil {
			t.Errorf("pattern %s: %v", p, err)
		}
	}
}

func TestValidateNamesTheFlag(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"host", func(o *Options) { o.Host = "" }, "--host"},
		{"port", func(o *Options) { o.Port = 65536 }, "--port 65536"},
		{"local address", func(o *Options) { o.LocalAddrs = []string{"127.0.0.1:80"} }, `--local-addr "127.0.0.1:80"`},
		{"loops", func(o *Options) { o.Loops = -1 }, "--loops -1"},
		{"certificate without key", func(o *Options) { o.TLS, o.CertFile = true, "c" }, `--cert "c", --key ""`},
		{"TLS options without TLS", func(o *Options) { o.Insecure = true }, "with --tls or --wss only"},
		{"WebSocket path", func(o *Options) { o.WebSocket, o.Path = true, "mqtt" }, `--ws-path "mqtt"`},
		{"version", func(o *Options) { o.Version = 6 }, "--mqtt-version 6"},
		{"password alone", func(o *Options) { o.Password = "x" }, "--password without --username"},
		{"keep-alive in parts of a second", func(o *Options) { o.KeepAlive = 1500 * time.Millisecond }, "--keep-alive 1.5s"},
		{"keep-alive too long", func(o *Options) { o.KeepAlive = 65536 * time.Second }, "--keep-alive"},
		{"no publishers", func(o *Options) { o.Publishers = 0 }, "--publishers 0"},
		{"no subscribers", func(o *Options) { o.Pattern, o.Subscribers = FanOut, 0 }, "--subscribers 0"},
		{"no connections", func(o *Options) { o.Pattern, o.Connections = Connect, 0 }, "--connections 0"},
		{"wildcard in the topic", func(o *Options) { o.Topic = "a/+" }, `--topic "a/+"`},
		{"group with a slash", func(o *Options) { o.Pattern, o.Group = Shared, "a/b" }, `--group "a/b"`},
		{"connect rate", func(o *Options) { o.ConnectRate = -1 }, "--connect-rate -1"},
		{"connect window", func(o *Options) { o.ConnectWindow = 0 }, "--connect-window 0"},
		{"connect timeout", func(o *Options) { o.ConnectTimeout = 0 }, "--connect-timeout 0s"},
		{"hold", func(o *Options) { o.Hold = -1 }, "--hold"},
		{"QoS", func(o *Options) { o.QoS = 3 }, "--qos 3"},
		{"QoS of subscriptions", func(o *Options) { o.SubQoS = 3 }, "--sub-qos 3"},
		{"payload smaller than the stamp", func(o *Options) { o.Payload = 23 }, "--payload 23: between 24"},
		{"payload larger than a packet", func(o *Options) { o.Payload = 1 << 28 }, "--payload 268435456"},
		{"negative rate", func(o *Options) { o.Rate = -5 }, "--rate -5"},
		{"two rates", func(o *Options) { o.Rate, o.PerRate = 1, 1 }, "one of them"},
		{"window 0", func(o *Options) { o.Window = 0 }, "--window 0"},
		{"window beyond the packet ids", func(o *Options) { o.Window = 65536 }, "--window 65536"},
		{"ahead below 0", func(o *Options) { o.Ahead = -1 }, "--ahead -1"},
		{"ahead of a group", func(o *Options) { o.Pattern, o.Ahead = Shared, 1 }, "--ahead 1: in pattern shared"},
		{"batch", func(o *Options) { o.BatchBytes = 0 }, "--batch 0"},
		{"send buffer", func(o *Options) { o.SendBuffer = -1 }, "--send-buffer -1"},
		{"warm-up", func(o *Options) { o.WarmUp = -1 }, "--warm-up"},
		{"drain", func(o *Options) { o.Drain = -1 }, "--drain"},
		{"neither duration nor messages", func(o *Options) { o.Duration = 0 }, "--duration 0s"},
		{"queue with QoS 0", func(o *Options) { *o = Defaults(Queue); o.QoS = 0 }, "--qos 0: 1 or 2"},
		{"queue with warm-up", func(o *Options) { *o = Defaults(Queue); o.WarmUp = 1 }, "--warm-up"},
		{"ahead of who is away", func(o *Options) { *o = Defaults(Queue); o.Ahead = 1 }, "--ahead 1: in pattern queue"},
		{"filter of a queue", func(o *Options) { *o = Defaults(Queue); o.Filter = "#" }, `--filter "#": with pattern retain only`},
		{"half of pairs", func(o *Options) { o.Only = Store }, "--only store: pattern pairs has no halves"},
		{"unknown half", func(o *Options) { *o = Defaults(Retain); o.Only, o.Run = "third", 1 }, "--only third: store or deliver"},
		{"half without a run", func(o *Options) { *o = Defaults(Retain); o.Only = Store }, "--only store: with --run and --messages"},
		{"half without a number", func(o *Options) { *o = Defaults(Queue); o.Only, o.Run = Deliver, 1 }, "--only deliver: with --run and --messages"},
		{"pattern", func(o *Options) { o.Pattern = "star" }, `pattern "star"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := Defaults(Pairs)
			tt.change(&o)
			err := o.Validate()
			if err == nil {
				t.Fatalf("accepted; want an error with %q", tt.want)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q; want one with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("one mistake makes several errors: %q", err)
			}
		})
	}
}

func TestValidateReportsAllAtOnce(t *testing.T) {
	o := Defaults(Pairs)
	o.Port, o.QoS, o.Payload, o.Window = 0, 9, 1, 0
	if got := len(strings.Split(o.Validate().Error(), "\n")); got != 4 {
		t.Errorf("%d errors for 4 mistakes: %v", got, o.Validate())
	}
}

func TestPasswordAloneIsLegalInMQTT5(t *testing.T) {
	o := Defaults(Pairs)
	o.Version, o.Password = codec.V5, "x"
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
}
