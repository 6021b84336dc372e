package benchmarks

// fanOut is one sender and a thousand receivers: routing is cheap, and a thousand connections are written to.
var fanOut = Scenario{
	Name:  "fan-out",
	About: "1 publisher to 1000 subscribers, QoS 0, 64 B, at most 200 messages ahead",
	Args:  []string{"fan-out", "--publishers=1", "--subscribers=1000", "--qos=0", "--payload=64", "--ahead=200"},
	Goal:  Goal{CPURatio: 5},
}
