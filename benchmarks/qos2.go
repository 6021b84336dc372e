package benchmarks

// pairsQoS2 has four packets on each side for a message.
var pairsQoS2 = Scenario{
	Name:  "pairs-qos2",
	About: "50 publishers to 50 subscribers, QoS 2, 64 B, window 20, at most 1000 messages ahead",
	Args:  []string{"pairs", "--publishers=50", "--qos=2", "--payload=64", "--window=20", "--ahead=1000"},
}
