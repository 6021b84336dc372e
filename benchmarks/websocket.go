package benchmarks

// pairsWebSocket is pairs by WebSocket, to be held against the same load by TCP. Not every mosquitto can do it.
var pairsWebSocket = Scenario{
	Name:      "pairs-ws",
	About:     "pairs by WebSocket, beside the same load by TCP",
	Transport: "ws",
	Alone:     true,
	Beside:    &Scenario{Name: "TCP", Args: pairs.Args},
	Args:      pairs.Args,
	Goal:      Goal{BesideRatio: 1.3},
}

// idleWebSocket is what stays of a WebSocket.
var idleWebSocket = Scenario{
	Name:        "idle-ws",
	About:       "idle WebSockets with one subscription each, keep-alive armed",
	Transport:   "ws",
	Alone:       true,
	Connections: 19000,
	Args:        []string{"connect", "--subscribe", "--connect-rate=3000", "--hold=10s"},
	Idle:        true,
	Goal:        Goal{BytesPerConnection: 1024},
}
