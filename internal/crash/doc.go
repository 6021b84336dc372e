// Package crash kills the real broker and looks, after each start, whether it kept its promises: what was acknowledged is delivered, in
// order, messages of QoS 2 come once, and all that sessions have is as it was.
//
//	broker_test.go      the program, started and killed
//	conn_test.go        one connection of a client
//	peer_test.go        a client that does what a test says
//	state_test.go       each piece of state that survives
//	hooked_test.go      limits that a plugin has set, which needs a broker with one
//	disk_test.go        full disks, and data directories that cannot be used
//	damage_test.go      files that were changed or removed
//	backup_test.go      copies of a broker under load
//	publisher_test.go   sends numbered messages of QoS 1 or 2 and repeats what was not acknowledged
//	subscriber_test.go  has a persistent session, comes and goes, and notes what it gets
//	crash_test.go       random kills, and what must hold at their end
//
// VMQ_CRASH_KILLS is the number of random kills; `make crash` sets a high one.
//
// A kill ends the process and not the machine, so this does not show whether the broker waits for the disk. That is shown by the tests of
// queue/store and engine/session, on a file system that forgets what was not forced to the disk.
package crash
