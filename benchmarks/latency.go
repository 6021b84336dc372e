package benchmarks

// latency is a load that either broker carries easily, so that what is left is how fast one message passes.
var latency = Scenario{
	Name:   "latency",
	About:  "50 pairs, QoS 0, 64 B, 5,000 msg/s together",
	Args:   []string{"pairs", "--publishers=50", "--qos=0", "--payload=64", "--rate=5000"},
	Steady: true,
	Goal:   Goal{P99Ratio: 1},
}
