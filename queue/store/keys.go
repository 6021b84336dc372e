package store

import "encoding/binary"

// Tables, the first byte of every key. doc.go draws what follows it.
const (
	tableBody     = 'b'
	tableClient   = 'c'
	tableMeta     = 'm'
	tableQueue    = 'q'
	tableRetained = 'r'
	tableDue      = 'x'
)

// Rows of a client in tableClient, the byte after its serial.
const (
	rowClient       = 0
	rowSubscription = 1
	rowWill         = 2
)

// Rows of a client in tableQueue.
const (
	rowFlight     = 0
	rowEntry      = 1
	rowUnreleased = 2
)

// What is due, the last byte of a key of tableDue.
const (
	dueSession = 0
	dueWill    = 1
)

const (
	serialEnd = 1 + 8         // table and serial
	entryKey  = serialEnd + 9 // kind of row and entry
)

func appendSerial(b []byte, table byte, serial uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, table), serial)
}

// appendRow is the key of one of a client's rows that has no further part, or the start of those that have.
func appendRow(b []byte, table byte, serial uint64, row byte) []byte {
	return append(appendSerial(b, table, serial), row)
}

func appendEntryKey(b []byte, serial uint64, row byte, e Entry) []byte {
	return binary.BigEndian.AppendUint64(appendRow(b, tableQueue, serial, row), uint64(e.row()))
}

func appendUnreleasedKey(b []byte, serial uint64, id uint16) []byte {
	return binary.BigEndian.AppendUint16(appendRow(b, tableQueue, serial, rowUnreleased), id)
}

func appendBodyKey(b []byte, id uint64) []byte { return appendSerial(b, tableBody, id) }

func appendRetainedKey(b []byte, mountpoint, topic string) []byte {
	b = appendText(append(b, tableRetained), mountpoint)
	return append(b, topic...)
}

func appendDueKey(b []byte, due int64, serial uint64, what byte) []byte {
	b = binary.BigEndian.AppendUint64(append(b, tableDue), uint64(due))
	return append(binary.BigEndian.AppendUint64(b, serial), what)
}

// serialOf is the serial in a key of tableClient or tableQueue, or the id of a body.
func serialOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[1:]) }

// entryOf is the entry in a key with rowFlight or rowEntry.
func entryOf(key []byte) Entry { return Entry(binary.BigEndian.Uint64(key[serialEnd+1:])) }
