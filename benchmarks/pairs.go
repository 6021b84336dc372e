package benchmarks

// pairs is the plain case: 50 publishers, each with a subscriber of its own, as fast as messages arrive. Both brokers get
// large reads, so that parsing, routing and writing are what is measured rather than system calls.
//
// A publisher may be 1000 messages ahead of its subscriber, which is less than the queue that compare grants. So neither
// broker drops anything, both are paid for the same work, and no backlog has to be waited for. What happens beyond that
// is overload's subject.
var pairs = Scenario{
	Name:  "pairs",
	About: "50 publishers to 50 subscribers, QoS 0, 64 B, at most 1000 messages ahead",
	Args:  []string{"pairs", "--publishers=50", "--qos=0", "--payload=64", "--ahead=1000"},
	Goal:  Goal{CPURatio: 12},
}
