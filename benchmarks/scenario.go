package benchmarks

// Scenario is one load and what is read off it.
type Scenario struct {
	Name   string
	About  string   // what it shows, for the report
	Args   []string // of vmq-bench, without address, times and output
	Steady bool     // a fixed rate: latency means something, throughput does not
	Idle   bool     // connections that do nothing: memory is what counts; seconds and rounds do not apply to its length
	Goal   Goal
}

// Goal is what a comparison must show; fields of 0 say nothing. a is this broker, b the other one.
type Goal struct {
	CPURatio           float64 // messages per CPU second of a, divided by those of b: at least
	P99Ratio           float64 // p99 latency of a divided by that of b: at most
	BytesPerConnection float64 // of a: at most
}

// All are the scenarios in the order in which they run.
var All = []Scenario{
	pairs, pairsKilobyte, fanIn, fanOut, pairsQoS1, pairsQoS2, oneAtATime, shared, overload, latency, idle,
}
