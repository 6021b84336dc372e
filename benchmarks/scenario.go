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
	Alone       bool // for this broker alone, because mosquitto as Debian ships it cannot do the same
	BesideTCP   bool // each round runs the same load by TCP too, to see what the transport costs
	Goal        Goal
}

// Goal is what a comparison must show; fields of 0 say nothing. a is this broker, b the other one.
type Goal struct {
	CPURatio           float64 // messages per CPU second of a, divided by those of b: at least
	P99Ratio           float64 // p99 latency of a divided by that of b: at most
	BytesPerConnection float64 // of a: at most
	TCPRatio           float64 // CPU per message of a, divided by that of a with the same load by TCP: at most
}

// All are the scenarios in the order in which they run.
var All = []Scenario{
	pairs, pairsKilobyte, fanIn, fanOut, pairsQoS1, pairsQoS2, oneAtATime, pairsTLS, pairsWebSocket, shared, overload, latency,
	storm, handshakes, idle, idleTLS, idleWebSocket,
}
