package benchmarks

// pairsQoS1 adds acknowledgements on both sides. The window is what brokers and clients use when nobody says otherwise. A
// broker acknowledges to the publisher before the subscriber has the message, so publishers have to be kept from running
// ahead here, too.
var pairsQoS1 = Scenario{
	Name:  "pairs-qos1",
	About: "50 publishers to 50 subscribers, QoS 1, 64 B, window 20, at most 1000 messages ahead",
	Args:  []string{"pairs", "--publishers=50", "--qos=1", "--payload=64", "--window=20", "--ahead=1000"},
	Goal:  Goal{CPURatio: 4},
}
