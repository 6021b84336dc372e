package loadgen

import "encoding/binary"

// StampSize is the size in bytes of what every payload starts with, and so the smallest payload of a run.
//
//	offset  bytes
//	     0      4  run: a random number, so that messages of others or of an earlier run are told apart
//	     4      4  publisher, counted from 0
//	     8      8  sequence number of that publisher, counted from 0
//	    16      8  when the message was due: nanoseconds of the generator's clock
const StampSize = 24

const (
	stampSeq = 8 // what changes from message to message starts here
	stampDue = 16
)

// stamp is what the receiving side knows about a message.
type stamp struct {
	run, pub uint32
	seq      uint64
	due      int64
}

// putStamp writes s to the start of payload, which has at least StampSize bytes.
func putStamp(payload []byte, s stamp) {
	_ = payload[StampSize-1]
	binary.LittleEndian.PutUint32(payload, s.run)
	binary.LittleEndian.PutUint32(payload[4:], s.pub)
	patchStamp(payload, s.seq, s.due)
}

// patchStamp replaces the two fields that differ between two messages of one publisher.
func patchStamp(payload []byte, seq uint64, due int64) {
	_ = payload[StampSize-1]
	binary.LittleEndian.PutUint64(payload[stampSeq:], seq)
	binary.LittleEndian.PutUint64(payload[stampDue:], uint64(due))
}

// getStamp reads the stamp of payload; ok is false where payload is too short to have one.
func getStamp(payload []byte) (s stamp, ok bool) {
	if len(payload) < StampSize {
		return stamp{}, false
	}
	return stamp{
		run: binary.LittleEndian.Uint32(payload),
		pub: binary.LittleEndian.Uint32(payload[4:]),
		seq: binary.LittleEndian.Uint64(payload[stampSeq:]),
		due: int64(binary.LittleEndian.Uint64(payload[stampDue:])),
	}, true
}
