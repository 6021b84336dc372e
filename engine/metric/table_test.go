package metric

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// wanted is what testdata/names.txt says.
type wanted struct {
	series map[string]Type // by name and labels, as text writes them
	absent map[string]bool
	names  map[string]bool // of series
}

// text is a name with labels as the list of names has them.
func text(name string, labels []Label) string {
	for i, l := range labels {
		name += string(" ,"[min(i, 1)]) + l.Key + "=" + l.Value
	}
	return name
}

func readNames(t *testing.T) wanted {
	t.Helper()
	b, err := os.ReadFile("testdata/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	w := wanted{map[string]Type{}, map[string]bool{}, map[string]bool{}}
	types := map[string]Type{"counter": Counter, "gauge": Gauge, "histogram": HistogramGroup}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "absent "); ok {
			name, reason, _ := strings.Cut(rest, ": ")
			if reason == "" {
				t.Errorf("%s is absent without a reason", name)
			}
			w.absent[name] = true
			continue
		}
		fields := strings.Fields(line)
		typ, known := types[fields[0]]
		if !known || len(fields) < 2 {
			t.Fatalf("names.txt: %q is not a type and a name", line)
		}
		sets := fields[2:]
		if len(sets) == 0 {
			sets = []string{""}
		}
		w.names[fields[1]] = true
		for _, set := range sets {
			for _, labels := range expand(set) {
				w.series[strings.TrimSpace(fields[1]+" "+labels)] = typ
			}
		}
	}
	return w
}

// expand makes a label set of each value of the last label, "a=1,b=x|y" becomes "a=1,b=x" and "a=1,b=y".
func expand(set string) []string {
	cut := strings.LastIndexByte(set, '=')
	if cut < 0 {
		return []string{set}
	}
	var all []string
	for _, value := range strings.Split(set[cut+1:], "|") {
		all = append(all, set[:cut+1]+value)
	}
	return all
}

// full is a reading that has every series.
func full() *Reading {
	r := &Reading{Causes: []string{"test_a", "test_b"}, HookNames: []string{"test_c", "test_d"}, Process: ProcessStats{Cores: 1}, Store: new(Store)}
	r.Hooks[0].Observe(5)
	r.Hooks[1].Observe(5)
	for i := range r.Latency {
		r.Latency[i].Observe(5)
	}
	return r
}

// TestTableHasAllNames compares the table with the list of VerneMQ's names, series by series and in both directions.
func TestTableHasAllNames(t *testing.T) {
	w := readNames(t)
	got := map[string]bool{}
	for _, x := range full().Snapshot() {
		id := text(x.Name, x.Labels)
		if got[id] {
			t.Errorf("%s is there twice", id)
		}
		got[id] = true
		if typ, known := w.series[id]; !known {
			t.Errorf("%s is in the table and not in the list", id)
		} else if typ != x.Type {
			t.Errorf("%s is a %s, want %s", id, x.Type, typ)
		}
		if w.absent[x.Name] {
			t.Errorf("%s is in the table and listed as absent", x.Name)
		}
		if x.Help == "" || strings.ContainsAny(x.Help, "\n\\\"") || !strings.HasSuffix(x.Help, ".") {
			t.Errorf("%s: help %q is not one plain sentence", id, x.Help)
		}
	}
	for id := range w.series {
		if !got[id] {
			t.Errorf("%s is in the list and not in the table", id)
		}
	}
}

// TestCounts holds the list of names itself to the numbers of VerneMQ, so that a line lost there is noticed.
func TestCounts(t *testing.T) {
	w := readNames(t)
	own := func(id string) bool {
		name, _, _ := strings.Cut(id, " ")
		return strings.HasPrefix(name, "store_") || slices.Contains([]string{"mqtt_protocol_error", "session_expired", "hook_events_lost", "queue_message_buffered", "message_drop", "memory_bytes",
			"system_utilization_scheduler_1"}, name)
	}
	core, gauges, system := 0, 0, 0
	for id, typ := range w.series {
		switch {
		case own(id), typ == HistogramGroup, strings.HasPrefix(id, "netsplit_"):
		case strings.HasPrefix(id, "system_"), strings.HasPrefix(id, "vm_"):
			system++
		case typ == Gauge:
			gauges++
		default:
			core++
		}
	}
	if got, want := fmt.Sprint(core, gauges, system), "192 8 21"; got != want {
		t.Errorf("core counters, gauges and figures of the system are %s, want %s", got, want)
	}
	webhooks := 0
	for name := range w.absent {
		if strings.HasPrefix(name, "webhooks_") {
			webhooks++
		}
	}
	if webhooks != 81 {
		t.Errorf("%d names of webhooks, want 81", webhooks)
	}
}

// TestSeriesOfANameStandTogether proves what text formats rely on.
func TestSeriesOfANameStandTogether(t *testing.T) {
	r := full()
	r.Process.Cores = 12
	s := r.Snapshot(Series{Name: "bytes_received", Labels: []Label{{"x", "y"}}}, Series{Name: "a_first"})
	seen := map[string]bool{}
	for i, x := range s {
		if i > 0 && s[i-1].Name != x.Name && seen[x.Name] {
			t.Errorf("the series of %s do not stand together", x.Name)
		}
		seen[x.Name] = true
	}
	if !slices.IsSortedFunc(s, func(a, b Series) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("a snapshot is not sorted by name")
	}
	for _, name := range []string{"a_first", "system_utilization_scheduler_1", "system_utilization_scheduler_12"} {
		if _, found := s.Find(name); !found {
			t.Errorf("%s is not found", name)
		}
	}
}

// TestEachCounterHasASeries sets one counter at a time and wants the snapshot to change, so that nothing is counted for nobody.
func TestEachCounterHasASeries(t *testing.T) {
	var c Counters
	plain := []struct {
		name string
		at   *uint64
	}{
		{"socket_open", &c.SocketOpen}, {"socket_close", &c.SocketClose}, {"socket_error", &c.SocketError},
		{"socket_close_timeout", &c.SocketCloseTimeout}, {"bytes_received", &c.BytesReceived}, {"bytes_sent", &c.BytesSent},
		{"queue_setup", &c.QueueSetup}, {"queue_teardown", &c.QueueTeardown}, {"queue_initialized_from_storage", &c.QueueInitialized},
		{"queue_message_in", &c.QueueIn}, {"queue_message_out", &c.QueueOut}, {"queue_message_buffered", &c.Queued},
		{"router_matches_local", &c.MatchesLocal}, {"router_matches_remote", &c.MatchesRemote}, {"session_expired", &c.SessionExpired}, {"hook_events_lost", &c.HookEventsLost},
	}
	for _, x := range plain {
		c = Counters{}
		*x.at = 7
		wantOnly(t, &c, x.name)
	}
	versions := []struct {
		name string
		at   *[Versions]uint64
	}{
		{"client_keepalive_expired", &c.KeepAliveExpired}, {"mqtt_invalid_msg_size_error", &c.InvalidSize},
		{"mqtt_protocol_error", &c.Malformed}, {"mqtt_publish_auth_error", &c.PublishAuthError}, {"mqtt_publish_error", &c.PublishError},
		{"mqtt_subscribe_auth_error", &c.SubscribeAuthError}, {"mqtt_subscribe_error", &c.SubscribeError},
		{"mqtt_unsubscribe_error", &c.UnsubscribeError}, {"mqtt_puback_invalid_error", &c.PubackInvalid},
		{"mqtt_pubcomp_invalid_error", &c.PubcompInvalid},
	}
	for _, x := range versions {
		for v := range Versions {
			c = Counters{}
			x.at[v] = 7
			wantOnly(t, &c, text(x.name, withVersion(v)))
		}
	}
	c = Counters{}
	c.PubrecInvalid[V4] = 7
	wantOnly(t, &c, text("mqtt_pubrec_invalid_error", withVersion(V4)))
}

// wantOnly fails unless exactly the series id has the value 7 and all others 0.
func wantOnly(t *testing.T, c *Counters, id string) {
	t.Helper()
	r := Reading{Counters: *c}
	found := false
	for _, x := range r.Snapshot() {
		switch got := text(x.Name, x.Labels); {
		case got == id && x.Value == 7:
			found = true
		case x.Value != 0:
			t.Errorf("counting %s makes %s %d", id, got, x.Value)
		}
	}
	if !found {
		t.Errorf("counting %s does not show", id)
	}
}

// TestReasonSeries counts every reason code there is in every packet: one that has a series of its own shows there, any other as
// unspecified_error where the packet has that, and nothing is lost or counted twice.
func TestReasonSeries(t *testing.T) {
	for _, packet := range []byte{connack, puback, pubrec, pubrel, pubcomp, disconnect, auth} {
		for code := range 256 {
			r := &Reading{}
			r.CountSent(V5, packet, byte(code))
			r.Received[V5][packet]++
			r.CountReceived(V5, packet, byte(code))
			for _, x := range r.Snapshot() {
				if x.Value == 0 {
					continue
				}
				label := x.Labels[len(x.Labels)-1]
				want := reasonNames[byte(code)]
				if packet == disconnect && code == 0 {
					want = "normal_disconnect"
				}
				if x.Value != 1 || label.Key != "reason_code" || (label.Value != want && label.Value != "unspecified_error") {
					t.Errorf("packet %d, code 0x%02x shows as %s = %d", packet, code, text(x.Name, x.Labels), x.Value)
				}
			}
		}
	}
	var r Reading
	for code := range 256 {
		r.CountSent(V5, puback, byte(code))
	}
	listed := len(publishAckReasons) - 1
	s := r.Snapshot()
	if n, _ := s.Find("mqtt_puback_sent", withVersion(V5, Label{"reason_code", "unspecified_error"})...); n != uint64(256-listed) {
		t.Errorf("%d PUBACKs are unspecified errors, want %d", n, 256-listed)
	}
	if n, _ := s.Aggregate().Find("mqtt_puback_sent"); n != 256 {
		t.Errorf("the sum over the reasons is %d, want 256", n)
	}
}

func TestDropsByCause(t *testing.T) {
	r := Reading{Causes: []string{"queue_full", "expired", "refused", "offline", "session_cleanup"}}
	for i := range r.Causes {
		r.Dropped[i] = 1 << i
	}
	s := r.Snapshot()
	for name, want := range map[string]uint64{
		"queue_message_drop": 1, "queue_message_expired": 2, "queue_message_unhandled": 8 + 16,
	} {
		if got, _ := s.Find(name); got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	if got, _ := s.Find("message_drop", Label{"cause", "refused"}); got != 4 {
		t.Errorf("%d refused messages, want 4", got)
	}
	if got, _ := s.Aggregate().Find("message_drop"); got != 31 {
		t.Errorf("%d drops over all causes, want 31", got)
	}
}

// TestStoreSeries sets one figure of the store at a time and wants one series to change, so that none is shown under another's name, and
// none for a broker without a store.
func TestStoreSeries(t *testing.T) {
	for _, x := range (&Reading{}).Snapshot() {
		if strings.HasPrefix(x.Name, "store_") {
			t.Errorf("%s is there without a store", x.Name)
		}
	}
	fields := reflect.TypeFor[Store]()
	seen := map[string]bool{}
	for i := range fields.NumField() {
		r := &Reading{Store: new(Store)}
		reflect.ValueOf(r.Store).Elem().Field(i).SetUint(7)
		var changed []string
		for _, x := range r.Snapshot() {
			if strings.HasPrefix(x.Name, "store_") && x.Value == 7 {
				changed = append(changed, x.Name)
			}
		}
		if len(changed) != 1 || seen[changed[0]] {
			t.Errorf("%s changes %v", fields.Field(i).Name, changed)
			continue
		}
		seen[changed[0]] = true
	}
}
