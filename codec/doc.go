// Package codec turns bytes into MQTT packets and packets into bytes: MQTT 3.1, 3.1.1 and 5, every packet type in both
// directions, for the broker, its bridges and its load generator. It opens nothing, starts nothing and keeps nothing.
//
// # From bytes to a packet
//
//	          read buffer of the loop
//	+------+-----------------+--------------------------------+------
//	| type | remaining length| body                           | next …
//	| flags| 1 to 4 bytes    |                                |
//	+------+-----------------+--------------------------------+------
//	\_______ NextFrame ______/\_ ParsePublish(body, …, &p) ___/
//
//	1 frame.go       NextFrame cuts one packet off: length known, size limit and header flags checked
//	2 publish.go …   ParseX reads the fields of the body; they alias it
//	3 publish.go …   X.Check enforces the rules of the standard on those fields
//	4 publish.go …   AppendX writes a packet behind the bytes of the caller's slice
//
// There is a file for each packet, in which type, Parse, Check and Append stand in this order. Parsing and checking are
// apart because a builder (bridge, load generator, hook) wants the rules without the bytes, and because each is then
// timed and fuzzed alone. A server calls both: Parse accepts whatever has the right shape, so that its result is not
// fit for use before Check agreed. Duplicate and unknown properties are the exception: only the parser sees them.
//
// # Lifetime
//
// Every slice of a parsed packet aliases the body it was parsed from and lives as long as that does; in the broker that is
// until the loop reads again. After an error the fields mean nothing. Parsing into the same struct again reuses its slices
// and allocates nothing. Appending allocates only where the destination must grow, and never keeps an argument. Nothing in
// this package has state of its own, so all functions may run on any goroutine as long as one packet struct is used by one
// goroutine at a time.
//
// # Errors
//
// Each error is an *Error that was declared in advance: a flood of bad packets allocates nothing here. Its Code is what an
// MQTT 5 server would send, its Rule the number of the broken statement. Numbers are those of MQTT 5 where it has the
// rule; statements that only MQTT 3.1.1 makes are marked as "3.1.1 MQTT-…".
//
// # What is left to others
//
// Wildcards and levels of topics (package trie), client identifiers that are too long or missing, allowed protocol
// versions, topic alias maxima and the order of packets depend on the listener or the session and are checked there.
package codec
