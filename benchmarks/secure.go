package benchmarks

// Both sides get the same certificate, cipher suite and curve; compare looks that they do. AES-128-GCM is what crypto/tls and OpenSSL
// have in assembler, so that records cost about the same in both and the broker's share shows.

// pairsTLS is pairs by TLS. What a publisher may be ahead is what a subscriber's queue takes, as in pairs.
var pairsTLS = Scenario{
	Name:      "pairs-tls",
	About:     "pairs by TLS 1.3, AES-128-GCM",
	Transport: "tls",
	Args:      []string{"pairs", "--publishers=50", "--qos=0", "--payload=64", "--ahead=1000", "--tls-version=tlsv1.3", "--curves=x25519"},
	Goal:      Goal{CPURatio: 1},
}

// handshakes is a storm of connections by TLS, as fast as they come, each with a full handshake.
var handshakes = Scenario{
	Name:        "storm-tls",
	About:       "2000 connections as fast as they come, TLS 1.3 with an ECDSA certificate, CONNECT to CONNACK",
	Transport:   "tls",
	Connections: 2000,
	Args: []string{"connect", "--connect-window=500", "--hold=0s", "--connect-timeout=60s", "--tls-version=tlsv1.3",
		"--curves=x25519"},
	Idle: true,
}

// idleTLS is what stays of a TLS connection.
var idleTLS = Scenario{
	Name:        "idle-tls",
	About:       "idle TLS connections with one subscription each",
	Transport:   "tls",
	Connections: 10000,
	Args: []string{"connect", "--subscribe", "--connect-window=200", "--hold=10s", "--connect-timeout=60s",
		"--tls-version=tlsv1.3", "--curves=x25519"},
	Idle: true,
	Goal: Goal{BytesPerConnection: 16 << 10},
}
