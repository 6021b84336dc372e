// Package loadgen loads an MQTT broker and measures what comes out at its other side. It is what cmd/vmq-bench runs.
//
// A run goes through fixed phases. The controller (run.go) is an ordinary goroutine; everything that touches a connection
// runs on the event loop that owns it, as a task of that loop:
//
//	controller                      loop 0 … loop n: one worker each
//	connect   tasks, paced      →   CONNECT, SUBSCRIBE; the worker counts who is ready
//	start     start task        →   publishers may send: at full speed in rounds, at a rate when a message is due
//	warm-up   wait
//	measure   mark task         →   histograms start anew; counters are read at both edges of the window
//	stop      stop task         →   no new messages
//	drain     snapshot tasks    →   until everything sent has come, or nothing came for a while
//	report    collect task      →   losses are final now
//
// Where the broker keeps messages for subscribers that come later (patterns queue and retain), two stages stand in the place of
// measuring and draining, each with its own rate and CPU time; stages.go draws them.
//
// Nothing is shared between loops: a publisher and its subscriber in pattern pairs live on one loop, a stream (what one
// subscriber gets from one publisher) belongs to the subscriber's loop, and the counters of a worker are copied by a task
// that runs on its loop. The hot paths hold no lock and no atomic operation.
//
// Each payload starts with a stamp (stamp.go): run, publisher, sequence number, and when the message was due. From the
// sequence numbers the receiving side knows exactly what is lost, what came twice and what came late (stream.go). From
// the due time it measures latency: a message that the generator or the broker held up is late by all of that time, not
// only since the moment at which it was at last written, so a broker that stops for a second cannot hide it (no
// coordinated omission).
package loadgen
