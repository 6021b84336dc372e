package benchmarks

// pairsStored is pairs with QoS 1 between clients whose sessions outlive their connections: each message goes to the disk, unless its
// subscriber has acknowledged it before. The same load with clean sessions beside it shows what that costs.
var pairsStored = Scenario{
	Name:        "pairs-qos1-stored",
	About:       "pairs-qos1 between persistent sessions, beside the same load with clean ones",
	Args:        append([]string{"pairs", "--persistent"}, pairsQoS1.Args[1:]...),
	Persistence: true,
	Beside:      &Scenario{Name: "clean sessions", Args: pairsQoS1.Args},
	Goal:        Goal{BesideRatio: 1.5},
}

// queues fills the queues of sessions that are away, each message on disk before it is acknowledged (mosquitto keeps them in memory until
// it ends), and drains them when their clients come back. A queue is five times as long as what this broker keeps of one in memory.
var queues = Scenario{
	Name:        "queue",
	About:       "50 publishers to 50 persistent sessions that are away, QoS 1, 64 B, window 20, 10,000 messages each; then these come back",
	Args:        []string{"queue", "--publishers=50", "--qos=1", "--payload=64", "--window=20", "--messages=500000"},
	Persistence: true,
	Queue:       10_000,
	Stored:      true,
	Ceiling: &Ceiling{
		Name:    "the store alone",
		Package: "github.com/vernemq/vmq/queue/store",
		Bench:   "^BenchmarkEnqueue$/^impl=store$/^payload=64$/^receivers=1$",
		Time:    "500000x",
		Unit:    "entries/s",
	},
	Goal: Goal{StoredRate: 100_000, DeliveredRate: 200_000},
}

// retained sets retained messages, restarts the broker, and has one subscriber get all of them. Its queue must hold them, because
// mosquitto takes them for messages like others.
var retained = Scenario{
	Name:        "retained",
	About:       "100,000 retained messages set by 50 publishers, QoS 1, 64 B, window 20; the broker restarts; one subscriber to # gets them",
	Args:        []string{"retain", "--publishers=50", "--qos=1", "--payload=64", "--window=20", "--messages=100000", "--filter=#"},
	Persistence: true,
	Queue:       100_000,
	Stored:      true,
	Restart:     true,
}
