// Package crash kills the real broker at random instants and looks, after each start, whether it kept its promises: what was
// acknowledged is delivered, in order, and messages of QoS 2 come once.
//
//	broker_test.go      the program, started and killed
//	conn_test.go        one connection of a client
//	publisher_test.go   sends numbered messages of QoS 1 or 2 and repeats what was not acknowledged
//	subscriber_test.go  has a persistent session, comes and goes, and notes what it gets
//	crash_test.go       the test, and what must hold at its end
//
// VMQ_CRASH_KILLS is the number of kills; `make crash` sets a high one.
//
// A kill ends the process and not the machine, so this does not show whether the broker waits for the disk. That is shown by the tests of
// queue/store and engine/session, on a file system that forgets what was not forced to the disk.
package crash
