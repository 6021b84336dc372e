// Package queue holds messages between the client that published them and the clients that get them.
//
// A Message is the one copy of a publication: topic, payload and the MQTT 5 properties that travel with it, in one slab of
// memory that its holders share by counting references. What belongs to one receiver is an Item of 16 bytes:
//
//	publisher ──► Message (one slab, n references)
//	                 ▲        ▲
//	     Item{QoS 1, id 7}   Item{QoS 0}         one for each receiver
//	                 │        │
//	              Window     Ring                 of one client, both owned by the client's loop
//
// A client's Ring holds what cannot be sent yet, in order; its Window holds what was sent and is not acknowledged, under
// packet ids, with the QoS 2 state of each. Both take their memory from the Buffers of their loop when the first item comes and
// give it back with the last, so that a client without traffic costs nothing here. IDSet holds the packet ids of QoS 2
// messages that a client sent and has not released.
//
// Nothing here knows loops or locks: Message's counter is atomic, everything else belongs to one goroutine.
package queue
