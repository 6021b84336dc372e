package web

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/vernemq/vmq/engine"
	"github.com/vernemq/vmq/engine/metric"
)

func (s *Server) mountStatus(mux *http.ServeMux, g *guard) {
	mux.HandleFunc("/status.json", methods("GET", g.wrap(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, []statusOf{s.status()})
	})))
	s.mountPage(mux, g)
}

// statusOf is the element of /status.json for one node: an object with its name as the only key.
type statusOf struct {
	name string
	nodeStatus
}

func (x statusOf) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	name, err := json.Marshal(x.name)
	if err != nil {
		return nil, err
	}
	values, err := json.Marshal(x.nodeStatus)
	if err != nil {
		return nil, err
	}
	b.WriteByte('{')
	b.Write(name)
	b.WriteByte(':')
	b.Write(values)
	b.WriteByte('}')
	return b.Bytes(), nil
}

// nodeStatus has its fields in the order of `vmq-admin node status`, of which they are the rows, and then what only this form has.
type nodeStatus struct {
	Online        int64  `json:"num_online"`
	Offline       int64  `json:"num_offline"`
	MessagesIn    uint64 `json:"msg_in"`
	MessagesOut   uint64 `json:"msg_out"`
	QueueIn       uint64 `json:"queue_in"`
	QueueOut      uint64 `json:"queue_out"`
	QueueDrop     uint64 `json:"queue_drop"`
	Unhandled     uint64 `json:"queue_unhandled"`
	Subscriptions uint64 `json:"num_subscriptions"`
	Retained      uint64 `json:"num_retained"`
	MatchesLocal  uint64 `json:"matches_local"`
	MatchesRemote uint64 `json:"matches_remote"`
	Version       string `json:"version"`

	Members   []map[string]bool `json:"mystatus"`
	Listeners []listenerStatus  `json:"listeners"`
}

type listenerStatus struct {
	Type           string `json:"type"`
	Status         string `json:"status"`
	Address        string `json:"ip"`
	Port           int    `json:"port"`
	Mountpoint     string `json:"mountpoint"`
	MaxConnections any    `json:"max_conns"` // a number, or infinity
}

// status is this node's.
func (s *Server) status() statusOf {
	members := make([]map[string]bool, 0, 1)
	for _, m := range s.members() {
		members = append(members, map[string]bool{m.Name: m.Up})
	}
	listeners := []listenerStatus{}
	for _, l := range s.Broker.Listeners() {
		listeners = append(listeners, statusOfListener(l))
	}
	figures := countersOf(s.Broker.Metrics())
	return statusOf{s.Broker.NodeName(), nodeStatus{
		Online: int64(figures["total_active_connections"]), Offline: int64(figures["queue_processes"]) - int64(figures["total_active_connections"]),
		MessagesIn: figures["mqtt_publish_received"], MessagesOut: figures["mqtt_publish_sent"],
		QueueIn: figures["queue_message_in"], QueueOut: figures["queue_message_out"],
		QueueDrop: figures["queue_message_drop"], Unhandled: figures["queue_message_unhandled"],
		Subscriptions: figures["router_subscriptions"], Retained: figures["retain_messages"],
		MatchesLocal: figures["router_matches_local"], MatchesRemote: figures["router_matches_remote"],
		Version: s.Version, Members: members, Listeners: listeners,
	}}
}

func statusOfListener(l engine.ListenerInfo) listenerStatus {
	x := listenerStatus{
		Type: l.Type, Status: "running", Address: l.Address, Port: l.Port, Mountpoint: l.Mountpoint, MaxConnections: l.MaxConnections,
	}
	if !l.Running {
		x.Status = "suspended"
	}
	if l.MaxConnections == 0 {
		x.MaxConnections = "infinity"
	}
	return x
}

// countersOf sums the counters and gauges of each name over their labels.
func countersOf(all metric.Snapshot) map[string]uint64 {
	sums := make(map[string]uint64, len(all))
	for i := range all {
		sums[all[i].Name] += all[i].Value
	}
	return sums
}
