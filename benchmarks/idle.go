package benchmarks

// idle is connections that do nothing but answer pings. Their number is bounded by the open files of one process, of
// which 20,000 are usual; compare lowers it where there are fewer.
var idle = Scenario{
	Name:        "idle",
	About:       "idle connections with one subscription each, keep-alive armed",
	Connections: 19000,
	Args:        []string{"connect", "--subscribe", "--connect-rate=3000", "--hold=10s"},
	Idle:        true,
	Goal:        Goal{BytesPerConnection: 1024},
}
