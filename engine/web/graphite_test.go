package web

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vernemq/vmq/engine/metric"
)

// sample has a name with several label sets, one without labels, and a histogram.
func sample() metric.Snapshot {
	var h metric.Histogram
	h.Observe(50)
	return metric.Snapshot{
		{Name: "metadata_put_microseconds", Type: metric.HistogramGroup, Histogram: &h},
		{Name: "mqtt_connack_sent", Labels: []metric.Label{{Key: "mqtt_version", Value: "4"}, {Key: "return_code", Value: "success"}}, Value: 3},
		{Name: "mqtt_connack_sent", Labels: []metric.Label{{Key: "mqtt_version", Value: "5"}, {Key: "reason_code", Value: "success"}}, Value: 4},
		{Name: "mqtt_connack_sent", Labels: []metric.Label{{Key: "mqtt_version", Value: "5"}, {Key: "reason_code", Value: "not_authorized"}}, Value: 2},
		{Name: "socket_open", Value: 9},
	}
}

// TestAppendGraphite proves each line, with and without labels, key and prefix.
func TestAppendGraphite(t *testing.T) {
	const histogram = `metadata.put.microseconds.count 1 7
metadata.put.microseconds.sum 50 7
metadata.put.microseconds.bucket.10 0 7
metadata.put.microseconds.bucket.100 1 7
metadata.put.microseconds.bucket.1000 1 7
metadata.put.microseconds.bucket.10000 1 7
metadata.put.microseconds.bucket.100000 1 7
metadata.put.microseconds.bucket.1000000 1 7
metadata.put.microseconds.bucket.inf 1 7
`
	plain := histogram + "mqtt.connack.sent 9 7\nsocket.open 9 7\n"
	labelled := histogram + `mqtt.connack.sent 9 7
mqtt.connack.sent.mqtt_version_4 3 7
mqtt.connack.sent.return_code_success 3 7
mqtt.connack.sent.mqtt_version_5 6 7
mqtt.connack.sent.reason_code_success 4 7
mqtt.connack.sent.reason_code_not_authorized 2 7
socket.open 9 7
`
	prefixed := func(p, lines string) string {
		return p + strings.ReplaceAll(strings.TrimSuffix(lines, "\n"), "\n", "\n"+p) + "\n"
	}
	for _, test := range []struct {
		set  GraphiteSettings
		want string
	}{
		{GraphiteSettings{}, plain},
		{GraphiteSettings{Labels: true}, labelled},
		{GraphiteSettings{Prefix: "my-prefix"}, prefixed("my-prefix.", plain)},
		{GraphiteSettings{APIKey: "KEY", Prefix: "p_q", Labels: true}, prefixed("KEY.p_q.", labelled)},
	} {
		if got := string(AppendGraphite(nil, sample(), &test.set, 7)); got != test.want {
			t.Errorf("%+v: got\n%s\nwant\n%s", test.set, got, test.want)
		}
	}
}

// receiver is a Graphite server without a network.
type receiver struct {
	settings atomic.Pointer[GraphiteSettings]
	refuse   atomic.Bool
	dials    atomic.Int32
	lines    chan string
	closed   chan struct{} // for each connection that has ended
	current  atomic.Pointer[net.Conn]
}

func (r *receiver) dial(context.Context, string) (net.Conn, error) {
	r.dials.Add(1)
	if r.refuse.Load() {
		return nil, errors.New("refused")
	}
	here, there := net.Pipe()
	r.current.Store(&there)
	go func() {
		in := bufio.NewScanner(there)
		for in.Scan() {
			if strings.HasPrefix(in.Text(), "socket.open") {
				r.lines <- in.Text()
			}
		}
		r.closed <- struct{}{}
	}()
	return here, nil
}

// TestGraphiteRun follows a pusher through its life: off, refused, connected, a failed send, off again.
func TestGraphiteRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		r := &receiver{lines: make(chan string, 100), closed: make(chan struct{}, 10)}
		set := GraphiteSettings{Address: "x:1", Interval: 20 * time.Second, ConnectTimeout: time.Second, ReconnectPause: 15 * time.Second}
		r.settings.Store(&set)
		ctx, cancel := context.WithCancel(t.Context())
		g := &Graphite{Settings: func() GraphiteSettings { return *r.settings.Load() }, Metrics: sample, Dial: r.dial, Logger: quiet}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			g.Run(ctx)
		}()
		at := func(want time.Duration) {
			t.Helper()
			if got := time.Since(begin); got != want {
				t.Errorf("at %v, want %v", got, want)
			}
		}
		pass := func(d time.Duration) {
			<-time.After(d)
			synctest.Wait()
		}

		pass(7 * time.Second)
		if r.dials.Load() != 0 {
			t.Error("connects while it is off")
		}
		on := set
		on.Enabled = true
		r.refuse.Store(true)
		r.settings.Store(&on)
		pass(9 * time.Second) // looks every 5 s: at 10 s and 15 s
		if n := r.dials.Load(); n != 2 {
			t.Errorf("%d attempts, want 2", n)
		}
		r.refuse.Store(false)
		<-r.lines // connected at 20 s
		at(40 * time.Second)
		<-r.lines
		at(60 * time.Second)

		(*r.current.Load()).Close()
		<-r.closed
		<-r.lines // the send at 80 s fails, a connection at 95 s, a send at 115 s
		at(115 * time.Second)

		r.settings.Store(&set)
		<-r.closed
		at(135 * time.Second)
		cancel()
		<-ended
	})
}
