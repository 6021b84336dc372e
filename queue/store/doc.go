// Package store keeps what must outlive the process: sessions with their subscriptions, their queues and packet ids, delayed wills,
// retained messages. It is one Pebble database in the data directory of the node.
//
// # The way of an operation
//
//	1 writer.go     Writer.Add: the loop notes it; no lock, no copy, a reference to the message
//	2 writer.go     Writer.Flush: at the end of the turn, one lock for all of it; what was removed meanwhile is void
//	3 lane.go       Writer.take: the committer takes over what every loop has handed over, but for what may wait (patience.go)
//	4 group.go      Group: what several loops did for one turn of a publisher's loop waits until it is complete
//	5 encode.go     one batch of all; a message gets its body written when its second receiver comes
//	6 committer.go  the batch is committed, with one fsync for all loops
//	7 committer.go  committer.finish: each loop hears up to which ticket everything is durable, and releases acknowledgements
//
// The committer waits for nothing but acknowledgements that save it the work: a message of QoS 1 that went out to a connected subscriber
// stays with its writer for 2 ms, or until something comes that is for the disk anyway. While the disk works on one batch the next one
// gathers, so groups are as large as the disk is slow. Below a disk that fails, disk.go waits for it to work again; nothing is reported
// meanwhile, Full tells loops to pause their publishers, and all that was handed over stays in memory.
//
// Durable means: it is over, like an entry that was removed before it was written, or it survives the loss of power under SyncCommit, and
// with the exception that the other modes of Sync tell. A reader may see an operation a moment before it is durable, never without those
// that its writer was given before it; the parts of a group excepted, which become visible together.
//
// A queue belongs to the session whose record is durable; without one it is an orphan in the next process, whose sweep removes it. Groups may
// overtake the record of a new session, so SUBACK waits for the writer's ticket: what is published after it is kept. All operations of a
// session go through one writer, because entries are positions in its log.
//
// # Opening
//
// examine.go looks at the directory before the database does, because what the database takes for the end of a file or for a new store may be
// damage, and it would remove what it no longer knows. Open does not go on where something contradicts its checksums; what lies in a
// damaged block of a table is found when it is read.
//
// # Keys
//
// Numbers in keys are big-endian, so that rows are in their order. A serial names one session for all time: a client that comes back after
// its session ended has a new one, and what is left of the old one can be removed without haste. An entry is the position of
// its Add in the writer's log; positions ascend, over restarts too, so they order a queue.
//
//	m format                         the version of this layout
//	m node                           name of the node that the directory belongs to
//	m high                           entries, serials and bodies up to these are used up
//	m clean                          the last process closed the store in order
//	c serial(8) 0                    client: SID, limits, expiry (client.go)
//	c serial(8) 1 filter             subscription
//	c serial(8) 2                    delayed will
//	q serial(8) 0 entry(8)           packet id of an entry that was sent, PUBREC; the entry itself if it was sent when it came
//	q serial(8) 1 entry(8)           entry: delivery QoS, retain, subscription id; number of the body, or the message itself
//	q serial(8) 2 id(2)              inbound QoS 2 id between PUBLISH and PUBREL
//	b body(8)                        a message with several receivers: topic, properties, payload, deadline
//	r length mountpoint topic        retained message
//	x due(8) serial(8) what(1)       expiry of a session (0) or time of its will (1), in milliseconds of Unix time
//
// All that a start needs stands under c, in one scan; queues are read when their client comes.
//
// # Values
//
// Every value begins with a version; a newer one is refused with ErrFormat, and the row stays. Records of sessions are lists of numbered
// fields: those that a program does not know are kept when it writes the record again. Entries, bodies and packet ids, which are written for each message, have
// fixed fields, and flags of which an unknown one is refused. testdata holds a store of every format that was in use; TestFormats
// opens them.
//
// # Bodies
//
// A message with one receiver in its batch, and at most 4 KiB, stands in its entry: one row to write, and reading back needs no second
// look-up. Otherwise its body is written once, whatever the number of receivers, and nobody counts references: sweep.go finds
// bodies without entries. queue.Message.StoreID remembers the number while the message is in memory.
//
// # Removing
//
// An entry is written once and removed once, so that a SingleDelete suffices, which vanishes together with the entry in the first merge.
// Range deletions (RemoveThrough, Empty, EndClient) are for what is long: each one makes reading from tables in memory dearer until they are
// flushed.
package store
