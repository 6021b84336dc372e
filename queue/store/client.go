package store

import "time"

// Client is what a session keeps in memory of its rows: 24 bytes, part of its record. The zero value with a Serial is a client that
// has none. It belongs to the loop that owns the session; only methods of Writer change it.
type Client struct {
	// Serial tells the rows of this session from those of every other one that ever was in the store. New ones are taken
	// from Store.FirstSerial on.
	Serial uint64

	expiry int64 // due time that the index of due times has for the session; 0: none
	will   int64 // and for its will
}

// ClientRecord is a session that survives the end of its connection, without its subscriptions and its queue.
type ClientRecord struct {
	Mountpoint, ID string
	Serial         uint64
	// Version is the protocol version of the last CONNECT.
	Version byte
	// OfflineSince is when the client went away, in milliseconds of Unix time; 0: it is connected, or was when the process died.
	OfflineSince int64
	// Expiry is when the session ends, in milliseconds of Unix time; 0: not known yet because it is connected, or never.
	Expiry int64
	// Lifetime is how long it may be offline; negative: for ever.
	Lifetime time.Duration
	// PacketSeq is the sequence number of the next message that gets a packet id, as queue.Window counts. Messages in flight may have
	// used up higher ones.
	PacketSeq uint64
	// MaxOnline and MaxOffline are the limits of the queue, LIFO its order and Override whether going online may exceed MaxOnline,
	// if HasLimits: they were given by a hook, rather than by the configuration.
	HasLimits, LIFO, Override bool
	MaxOnline, MaxOffline     int

	unknown []byte // fields of a newer program
}

// Subscription of a session. Filter is as the client sent it, with $share/group/ if it has it.
type Subscription struct {
	Filter                     string
	QoS, RetainHandling        byte
	NoLocal, RetainAsPublished bool
	ID                         uint32 // subscription identifier; 0: none
}

// Will is a will that waits for its time while its client is away.
type Will struct {
	// Due is when it is published, in milliseconds of Unix time.
	Due                     int64
	Topic, Payload, Forward []byte
	QoS                     byte
	Retain                  bool
	// HasExpiry and Expiry are its message expiry interval in seconds, which begins when it is published.
	HasExpiry bool
	Expiry    uint32
}

// Field numbers of client records. A number is never used for anything else.
const (
	clientMountpoint = iota + 1
	clientID
	clientVersion
	clientOfflineSince
	clientExpiry
	clientLifetime // milliseconds
	clientPacketSeq
	clientLimits // bit 0: has limits, 1: LIFO, 2: override
	clientMaxOnline
	clientMaxOffline
)

func appendClient(b []byte, c *ClientRecord) []byte {
	b = append(b, recordVersion)
	b = appendString(b, clientMountpoint, c.Mountpoint)
	b = appendString(b, clientID, c.ID)
	b = appendNumber(b, clientVersion, int64(c.Version))
	b = appendNumber(b, clientOfflineSince, c.OfflineSince)
	b = appendNumber(b, clientExpiry, c.Expiry)
	lifetime := c.Lifetime.Milliseconds()
	if c.Lifetime < 0 {
		lifetime = -1
	}
	b = appendNumber(b, clientLifetime, lifetime)
	b = appendNumber(b, clientPacketSeq, int64(c.PacketSeq))
	if c.HasLimits {
		b = appendNumber(b, clientLimits, 1|bit(c.LIFO, 2)|bit(c.Override, 4))
		b = appendNumber(b, clientMaxOnline, int64(c.MaxOnline))
		b = appendNumber(b, clientMaxOffline, int64(c.MaxOffline))
	}
	return append(b, c.unknown...)
}

func bit(set bool, value int64) int64 {
	if set {
		return value
	}
	return 0
}

// decodeClient fills c from a value; Serial stays as it is. Nothing aliases the value afterwards.
func decodeClient(value []byte, c *ClientRecord) error {
	*c = ClientRecord{Serial: c.Serial}
	var err error
	c.unknown, err = fields(value, func(n uint64, v []byte) bool {
		switch n {
		case clientMountpoint:
			c.Mountpoint = string(v)
		case clientID:
			c.ID = string(v)
		case clientVersion:
			c.Version = byte(number(v))
		case clientOfflineSince:
			c.OfflineSince = number(v)
		case clientExpiry:
			c.Expiry = number(v)
		case clientLifetime:
			if c.Lifetime = time.Duration(number(v)) * time.Millisecond; c.Lifetime < 0 {
				c.Lifetime = -1
			}
		case clientPacketSeq:
			c.PacketSeq = uint64(number(v))
		case clientLimits:
			bits := number(v)
			c.HasLimits, c.LIFO, c.Override = bits&1 != 0, bits&2 != 0, bits&4 != 0
		case clientMaxOnline:
			c.MaxOnline = int(number(v))
		case clientMaxOffline:
			c.MaxOffline = int(number(v))
		default:
			return false
		}
		return true
	})
	return err
}

// Field numbers of subscriptions; the filter is in the key.
const (
	subFlags = iota + 1 // bits 0-1: QoS, 2-3: retain handling, 4: no local, 5: retain as published
	subID
)

func appendSubscription(b []byte, s *Subscription) []byte {
	b = append(b, recordVersion)
	b = appendNumber(b, subFlags, int64(s.QoS)|int64(s.RetainHandling)<<2|bit(s.NoLocal, 16)|bit(s.RetainAsPublished, 32))
	return appendNumber(b, subID, int64(s.ID))
}

func decodeSubscription(value []byte, s *Subscription) error {
	*s = Subscription{Filter: s.Filter}
	_, err := fields(value, func(n uint64, v []byte) bool {
		switch n {
		case subFlags:
			bits := number(v)
			s.QoS, s.RetainHandling = byte(bits&3), byte(bits>>2&3)
			s.NoLocal, s.RetainAsPublished = bits&16 != 0, bits&32 != 0
		case subID:
			s.ID = uint32(number(v))
		}
		return true
	})
	return err
}

// Field numbers of wills.
const (
	willDue = iota + 1
	willTopic
	willPayload
	willForward
	willFlags // bits 0-1: QoS, 2: retain, 3: has expiry
	willExpiry
)

func appendWill(b []byte, w *Will) []byte {
	b = append(b, recordVersion)
	b = appendNumber(b, willDue, w.Due)
	b = appendString(b, willTopic, w.Topic)
	b = appendString(b, willPayload, w.Payload)
	b = appendString(b, willForward, w.Forward)
	b = appendNumber(b, willFlags, int64(w.QoS)|bit(w.Retain, 4)|bit(w.HasExpiry, 8))
	return appendNumber(b, willExpiry, int64(w.Expiry))
}

func decodeWill(value []byte, w *Will) error {
	*w = Will{}
	_, err := fields(value, func(n uint64, v []byte) bool {
		switch n {
		case willDue:
			w.Due = number(v)
		case willTopic:
			w.Topic = append([]byte(nil), v...)
		case willPayload:
			w.Payload = append([]byte(nil), v...)
		case willForward:
			w.Forward = append([]byte(nil), v...)
		case willFlags:
			bits := number(v)
			w.QoS, w.Retain, w.HasExpiry = byte(bits&3), bits&4 != 0, bits&8 != 0
		case willExpiry:
			w.Expiry = uint32(number(v))
		}
		return true
	})
	return err
}
