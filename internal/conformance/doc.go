// Package conformance says how the broker stands to the numbered statements of the MQTT standards, and keeps that true.
//
// The tables list every statement of MQTT 5.0 and MQTT 3.1.1: its number, whom it binds, and its gist in words of our own. Code
// that enforces a statement names its number in a comment, and so does a test that proves it:
//
//	[MQTT-3.3.1-4]         statement of MQTT 5.0
//	[MQTT-3.3.1-4 v3.1.1]  statement of MQTT 3.1.1, where the same number often means something else
//
// A test names numbers in its comment, in comments of its body, or in strings, which then show in its failures; a table of cases may
// also stand in a variable that the test uses. A statement of 3.1.1 that says what 5.0 says too is mapped by SameAs and needs
// no citation of its own, but a test of that statement then has to run on both versions.
//
// Scan collects the citations, Join sets them beside the statements and tells what is missing, and WritePage writes
// docs/conformance.md.
//
//	statement.go         what a row of the tables says
//	mqtt5_format.go      MQTT 5.0: strings, headers, packet ids
//	mqtt5_connect.go     MQTT 5.0: CONNECT and CONNACK
//	mqtt5_publish.go     MQTT 5.0: PUBLISH and its acknowledgements
//	mqtt5_subscribe.go   MQTT 5.0: SUBSCRIBE, UNSUBSCRIBE and their answers
//	mqtt5_session.go     MQTT 5.0: the end of a connection, sessions, delivery, topics, authentication, transports
//	mqtt311_packets.go   MQTT 3.1.1: the packets
//	mqtt311_session.go   MQTT 3.1.1: sessions, delivery, topics, transports
//	citation.go          how a citation is written
//	scan.go              the citations of the source files
//	tests.go             which tests a citation in a test file belongs to
//	coverage.go          statements beside their citations
//	page.go              docs/conformance.md
package conformance

//go:generate go run ./pagegen
