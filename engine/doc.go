// Package engine is the broker: it builds the parts, connects them, starts and stops them. A program that wants a broker inside
// needs nothing else:
//
//	b, err := engine.New(engine.Options{})
//	if err != nil { … }
//	if err := b.Start(); err != nil { … }
//	_, err = b.Listen(engine.ListenerOptions{Network: "tcp", Address: "127.0.0.1:1883"})
//	defer b.Stop(ctx)
//
// # The path of a PUBLISH
//
//	1 netpoll/read.go             the loop reads a connection into its one buffer and calls OnTraffic
//	  netpoll/climb.go            where the listener has layers (PROXY, TLS), its bytes go through them first
//	2 codec/frame.go              NextFrame: length known, size limit checked, before the body is there
//	3 engine/session/receive.go   which packet it is, and whether it may come now
//	4 codec/publish.go            ParsePublish and Check: fields alias the read buffer
//	5 engine/session/publish.go   topic, QoS 2 repetition; then the router
//	6 engine/route.go             trie.Match; receivers here are served at once, others collected by loop
//	7 engine/session/publication.go  Keep: the one copy into a queue.Message, when a receiver has to keep it
//	8 engine/batch.go             what one turn brought for another loop; by value where nobody keeps it
//	9 netpoll/mailbox.go          one batch and at most one wake-up for each other loop and turn
//	10 engine/session/deliver.go   on the receiver's home loop: send, queue or drop
//	11 queue/window.go            packet id and QoS state of what is sent and not acknowledged
//	12 engine/session/send.go     header and small payload into the output chunk, a large payload by reference
//	13 netpoll/turn.go            the turn ends: outboxes posted, each touched connection flushed once
//	14 netpoll/write.go           one writev for each
//	  netpoll/descend.go          with layers, output goes through them just before that
//	15 engine/delivery.go          how long that took, now and then
//
// # Who owns what
//
// A session, its client record, queue and window belong to the loop of the connection, which is the client's home loop; they are
// touched by that loop only and have no lock. A client has the same home loop from its first CONNECT until its record ends,
// whether it is connected or not. A connection accepted elsewhere moves there (netpoll's MoveTo) once its CONNECT was
// accepted. The order of messages follows: each publisher's messages reach a home loop through one mailbox, in order, and
// whatever happens to the receiver meanwhile happens on that same loop.
//
// # The store
//
// With Options.Store, what must survive goes to queue/store. Each loop has a writer of its own, and hands over what its turn brought when
// the turn ends, after the outboxes were posted; answers that promise something wait until it is durable. What a turn brought to other
// loops is one group with what its own loop stores, so that a publisher's acknowledgement stands for all receivers.
//
//	engine/storage.go             opened, read at start, swept, closed
//	engine/session/store.go       the loop's side: answers that wait
//	engine/session/kept.go        what is written for one client
//	engine/session/backlog.go     what of a queue is on disk only; readback.go reads it, refill.go takes it over
//
// # Operators
//
// What operators see and change goes through methods of Broker that are for any goroutine but a loop's. They put a question into the
// mailbox of each loop that owns a part of the answer, and wait for it with the caller's context.
//
//	engine/listeners.go           Broker.Listen: listeners, started, stopped and deleted
//	engine/otherlistener.go       Broker.AddListener: the same for listeners that other parts serve, such as engine/web
//	engine/sessions.go            Broker.Sessions: sessions, a page at a time, and the end of one
//	engine/publish.go             Broker.Publish: a message from somebody who is no MQTT client
//	engine/tracing.go             Broker.Trace: what one client says and is told, as text
//	engine/session/info.go        Client.Info: one session, described on its home loop
//	engine/session/admin.go       Client.Remove: one session, removed there
//
// # Metrics
//
// Each loop counts for itself in a metric.Counters. metrics.go asks all loops to add theirs to a reading and makes the list of series of it;
// memory.go has the part about bytes. systree.go publishes that list below $SYS, on the first loop.
//
// # Locks
//
// There are few, and none is taken while another is held, but where an arrow says so:
//
//	Broker.mu                    listeners and mountpoints being set up; -> netpoll's listener table
//	session.Registry, one of 64  the record of a client id, for CONNECT and the end of a session
//	retain.Store                 its table of mountpoints
//	trie, one of its stripes     subscribe and unsubscribe; matching takes none
//	netpoll mailbox              a slice of tasks, swapped by the loop
//	assembly.mu                  the sum that the loops add their counters to, for one reading of the metrics
//	metric.Process, Providers    what the last reading saw; which parts have series of their own
//	storeWatch.mu                what was last found out about the store
//	metric.Shared                durations that are measured on workers and by the committer
package engine
