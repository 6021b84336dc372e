package benchmarks

// oneAtATime has each publisher wait until its subscriber has the message before it sends the next one. So every message
// costs the broker a read and a write of its own, and the kernel's share dominates: nothing can be batched except across
// connections.
var oneAtATime = Scenario{
	Name:  "one-at-a-time",
	About: "50 pairs, QoS 0, 64 B, the next message when the last one has arrived",
	Args:  []string{"pairs", "--publishers=50", "--qos=0", "--payload=64", "--ahead=1", "--one-per-write"},
	Goal:  Goal{CPURatio: 1.4},
}
