package loadgen

import (
	"encoding/json"
	"io"
	"time"
)

// Report is the outcome of a run. Rates are per second; durations of latencies are in microseconds, so that the figures
// of the table and of the JSON are the same. Fields that a pattern does not have are zero and left out of the JSON.
type Report struct {
	Settings     Settings    `json:"settings"`
	Machine      Machine     `json:"machine"`
	Connections  Connections `json:"connections"`
	Messages     *Messages   `json:"messages,omitempty"`
	Stored       *Stage      `json:"stored,omitempty"`             // patterns queue and retain: publishers send, until all is acknowledged
	Delivered    *Stage      `json:"delivered,omitempty"`          // subscribers take it, from their CONNECT to the last message
	Latency      *Quantiles  `json:"latency_us,omitempty"`         // from due to received
	AckLatency   *Quantiles  `json:"ack_latency_us,omitempty"`     // from due to PUBACK or PUBCOMP
	Lag          *Quantiles  `json:"generator_lag_us,omitempty"`   // from due to written, at a fixed rate
	Generator    Usage       `json:"generator"`                    // CPU of this process
	Broker       *Broker     `json:"broker,omitempty"`             // with BrokerPID only
	Problems     []string    `json:"problems,omitempty"`           // what went wrong, in words; at most problemsMax
	MoreProblems int         `json:"problems_not_shown,omitempty"` // how many more there were
	Interrupted  bool        `json:"interrupted,omitempty"`        // ended early by the user
}

// Settings repeat what was asked for.
type Settings struct {
	Pattern     Pattern   `json:"pattern"`
	Address     string    `json:"address"`
	Transport   string    `json:"transport"`     // tcp, tls, ws or wss
	TLS         string    `json:"tls,omitempty"` // version, cipher suite and curve that the first connection has agreed on
	Version     string    `json:"mqtt_version"`
	QoS         byte      `json:"qos"`
	SubQoS      byte      `json:"sub_qos"`
	Payload     int       `json:"payload_bytes"`
	Publishers  int       `json:"publishers"`
	Subscribers int       `json:"subscribers"`
	Rate        float64   `json:"rate"` // of all publishers; 0: full speed
	Window      int       `json:"window"`
	Ahead       int       `json:"ahead"` // 0: no bound
	OnePerWrite bool      `json:"one_per_write"`
	WarmUp      float64   `json:"warm_up_s"`
	Duration    float64   `json:"duration_s"`
	Messages    uint64    `json:"messages"`
	Loops       int       `json:"loops"`
	Only        StageName `json:"only,omitempty"` // the half of a run of patterns queue and retain; empty: both
	Run         uint32    `json:"run"`            // number of the run
}

// Machine is where the generator ran.
type Machine struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Kernel string `json:"kernel,omitempty"`
	CPU    string `json:"cpu,omitempty"`
	Cores  int    `json:"cores"`
	Go     string `json:"go"`
}

// Connections tell how the clients got there.
type Connections struct {
	Asked   int        `json:"asked"`
	Ready   int        `json:"ready"`   // CONNACK and, where they subscribe, SUBACK came
	Lost    int        `json:"lost"`    // closed by the broker during the run
	Seconds float64    `json:"seconds"` // from the first to the last
	Rate    float64    `json:"rate"`
	Latency *Quantiles `json:"latency_us,omitempty"` // from the start of connecting to ready
}

// Messages tell what was sent and what came of it, from the first message to the end of draining; the rates are those of the
// measured window alone, without warm-up and draining.
type Messages struct {
	Sent         uint64  `json:"sent"`
	Acknowledged uint64  `json:"acknowledged"`      // QoS 1 and 2: PUBACK or PUBCOMP came
	Unsent       uint64  `json:"unsent"`            // due, but the broker did not take them in time
	Expected     uint64  `json:"expected"`          // deliveries that the sent messages should make
	Received     uint64  `json:"received"`          // deliveries, duplicates included
	Lost         uint64  `json:"lost"`              // expected and never come
	LostShare    float64 `json:"lost_share"`        // of expected
	Duplicates   uint64  `json:"duplicates"`        // came again
	Reordered    uint64  `json:"reordered"`         // came after a later one of the same publisher to the same subscriber
	Damaged      uint64  `json:"damaged"`           // shorter or longer than sent, or without a stamp of ours
	Foreign      uint64  `json:"foreign"`           // of another run or another program
	Inexact      bool    `json:"inexact,omitempty"` // more gaps than can be remembered: Lost and Duplicates are estimates
	Seconds      float64 `json:"seconds"`           // length of the measured window
	SentRate     float64 `json:"sent_rate"`
	ReceivedRate float64 `json:"received_rate"`
	SentBytes    float64 `json:"sent_payload_bytes_rate"`
	RecvBytes    float64 `json:"received_payload_bytes_rate"`
}

// Stage is one half of a run whose subscribers come when everything is sent.
type Stage struct {
	Messages  uint64  `json:"messages"` // acknowledged, or received
	Seconds   float64 `json:"seconds"`
	Rate      float64 `json:"rate"`
	Generator Usage   `json:"generator"`
	Broker    *Usage  `json:"broker,omitempty"`              // with BrokerPID only
	Memory    uint64  `json:"broker_memory_bytes,omitempty"` // with BrokerPID only: at the end of the stage
}

// Quantiles summarise one histogram, in microseconds.
type Quantiles struct {
	Count uint64  `json:"count"`
	Min   float64 `json:"min"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Max   float64 `json:"max"`
}

// Usage is the processor time of a process between the start of the measured window and the end of draining.
type Usage struct {
	CPUSeconds    float64 `json:"cpu_seconds"`
	CPUPerMessage float64 `json:"cpu_us_per_message"` // by received messages; pattern connect: 0
}

// Broker is what the process named by BrokerPID used.
type Broker struct {
	Usage
	ConnectCPU         float64 `json:"connect_cpu_us"`       // CPU for one connection, until it was ready
	MemoryBefore       uint64  `json:"memory_before_bytes"`  // proportional set size before the first connection
	MemoryAfter        uint64  `json:"memory_after_bytes"`   // with all connections, at the end of the run
	BytesPerConnection float64 `json:"bytes_per_connection"` // the difference, for each connection; says something with many idle ones only
}

// problemsMax is how many problems a report names: they are mostly alike when there are many.
const problemsMax = 10

// quantiles summarises h; nil where it counted nothing.
func quantiles(h *histogram) *Quantiles {
	if h.n == 0 {
		return nil
	}
	return &Quantiles{
		Count: h.n, Min: micros(time.Duration(h.min)), Mean: micros(h.mean()), P50: micros(h.quantile(0.5)),
		P90: micros(h.quantile(0.9)), P99: micros(h.quantile(0.99)), P999: micros(h.quantile(0.999)), Max: micros(time.Duration(h.max)),
	}
}

// micros is d in microseconds.
func micros(d time.Duration) float64 { return float64(d) / 1e3 }

// Clean says that everything that was sent arrived once and in order, and no connection was lost.
func (r *Report) Clean() bool {
	if r.Interrupted || len(r.Problems) > 0 || r.Connections.Lost > 0 || r.Connections.Ready < r.Connections.Asked {
		return false
	}
	m := r.Messages
	return m == nil || m.Lost+m.Duplicates+m.Reordered+m.Damaged+m.Unsent == 0
}

// WriteJSON writes r as one indented JSON object and a newline.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
