package benchmarks

// storm is connections as fast as they come, as many as may be open: after a broker's restart all its clients come at once.
var storm = Scenario{
	Name:        "storm",
	About:       "as many connections as may be open, as fast as they come, CONNECT to CONNACK",
	Connections: 19000,
	Args:        []string{"connect", "--connect-window=2000", "--hold=0s"},
	Idle:        true,
}
