// Package clients tests the broker from outside, with the MQTT clients that its users have. It holds tests only.
//
// One broker process runs for all tests, and each test works below topics and with client ids of its own. What a test sees
// is what a user sees: connections, acknowledgements, messages.
//
//	main_test.go       the broker: built from cmd/vernemq, or the one that VMQ_TEST_BROKER=host:port names
//	client_test.go     client, the interface that each library fills in; kinds, the table of libraries and versions
//	mosquitto_test.go  mosquitto_pub and mosquitto_sub, a process for each connection
//	script_test.go     paho for Python and mqtt.js, one process each, driven by JSON lines
//	paho3_test.go      paho for Go, MQTT 3.1 and 3.1.1
//	paho5_test.go      paho for Go, MQTT 5
//	browser_test.go    mqtt.js in a headless Chromium, over ws and wss
//	lingering_test.go  the end of a connection as the broker sees it
//
// A library or program that is missing fails the tests with the name of its package, because a skipped test looks like one
// that passed. Nothing here sleeps: a test waits for an event, and patience is only the bound after which it gives up. That
// a message does not come is shown by one that was sent after it and is there; where the broker's clock has to move on,
// a silent connection with a keep-alive of one second is the clock.
package clients
