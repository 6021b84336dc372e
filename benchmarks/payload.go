package benchmarks

// pairsKilobyte is pairs with 1 KiB: now copying and the handling of backlogs show.
var pairsKilobyte = Scenario{
	Name:  "pairs-1k",
	About: "50 publishers to 50 subscribers, QoS 0, 1 KiB, at most 1000 messages ahead",
	Args:  []string{"pairs", "--publishers=50", "--qos=0", "--payload=1024", "--ahead=1000"},
	Goal:  Goal{CPURatio: 5},
}
