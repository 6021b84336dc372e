package benchmarks

// fanIn is many senders and one receiver, whose connection is the bottleneck. All publishers together may be as far ahead
// as the queue that compare grants a subscriber.
var fanIn = Scenario{
	Name:  "fan-in",
	About: "50 publishers to 1 subscriber with a wildcard, QoS 0, 64 B, at most 200 messages ahead each",
	Args:  []string{"fan-in", "--publishers=50", "--subscribers=1", "--qos=0", "--payload=64", "--ahead=200"},
	Goal:  Goal{CPURatio: 8},
}
