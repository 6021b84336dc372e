package benchmarks

// Scenario is one load and what is read off it.
type Scenario struct {
	Name      string
	About     string   // what it shows, for the report
	Transport string   // tls, ws or wss; empty: tcp
	Args      []string // of vmq-bench, without address, transport, times and output
	Steady    bool     // a fixed rate: latency means something, throughput does not
	Idle      bool     // connections that do nothing: memory and the CPU to connect count; seconds do not apply to its length
	// Connections is how many there are in an idle scenario; compare lowers it where fewer files may be open.
	Connections int
	// Beside is another load that each round puts on this broker too, under a name for what is different about it, to see what the
	// difference costs.
	Beside *Scenario
	// Persistence has the other broker keep on disk, too, what must survive its end. This one always does.
	Persistence bool
	Queue       int  // messages that one subscriber's queue must hold, where that is more than compare grants anyway
	Stored      bool // a load in two stages: all is stored, then all is delivered. Its length is a number of messages
	Restart     bool // of a stored load: the broker is restarted between the stages
	Alone       bool // for this broker alone, because mosquitto as Debian ships it cannot do the same
	Ceiling     *Ceiling
	Goal        Goal
}

// Ceiling is a benchmark of the part of this broker that bounds a scenario. It runs in each round, and its figure stands beside the
// scenario's.
type Ceiling struct {
	Name    string // what it measures, for the report
	Package string // import path
	Bench   string // as for go test -bench, exactly one benchmark
	Time    string // as for go test -benchtime
	Unit    string // of the figure, of those that the benchmark prints
}

// Goal is what a comparison must show; fields of 0 say nothing. a is this broker, b the other one.
type Goal struct {
	CPURatio           float64 // messages per CPU second of a, divided by those of b: at least
	P99Ratio           float64 // p99 latency of a divided by that of b: at most
	BytesPerConnection float64 // of a: at most
	BesideRatio        float64 // CPU per message of a, divided by that of a with the load beside: at most
	StoredRate         float64 // messages per second that a acknowledges, in a stored load: at least
	DeliveredRate      float64 // messages per second that a delivers, in a stored load: at least
}

// All are the scenarios in the order in which they run.
var All = []Scenario{
	pairs, pairsKilobyte, fanIn, fanOut, pairsQoS1, pairsQoS2, pairsStored, queues, retained, oneAtATime, pairsTLS, pairsWebSocket, shared, overload, latency,
	storm, handshakes, idle, idleTLS, idleWebSocket,
}
