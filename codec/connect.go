package codec

// Connect is the first packet of a client.
type Connect struct {
	Version Version
	// Bridge: the level had its top bit set, by which bridges ask for retain-as-published and no-local on all subscriptions.
	Bridge bool
	// ProtocolName and Level as they stand on the wire. A builder leaves ProtocolName empty and gets those of Version and
	// Bridge. After a parse, Level tells what the client asked for where Version is only what it was parsed as.
	ProtocolName []byte
	Level        byte
	CleanStart   bool // called clean session before MQTT 5
	KeepAlive    uint16
	ClientID     []byte

	HasUsername, HasPassword bool
	Username, Password       []byte

	HasWill bool
	Will    Will // QoS and Retain are those of the flags even without a will; the rest means something only with one

	Props Properties

	reserved bool // lowest bit of the connect flags
}

// Will is the message that the server publishes when the client is lost.
type Will struct {
	Topic, Payload []byte
	QoS            byte
	Retain         bool
	Props          Properties
}

const (
	nameV31  = "MQIsdp"
	nameV311 = "MQTT"

	bridgeBit = 0x80 // of the level byte

	flagReserved = 1 << 0
	flagClean    = 1 << 1
	flagWill     = 1 << 2
	shiftWillQoS = 3
	flagRetain   = 1 << 5
	flagPassword = 1 << 6
	flagUsername = 1 << 7
)

// Errors by which a listener tells a client of another protocol from a broken one.
var (
	ErrProtocolName  = &Error{UnsupportedProtocolVersion, "MQTT-3.1.2-1", "CONNECT: protocol name is neither MQTT nor MQIsdp"}
	ErrProtocolLevel = &Error{UnsupportedProtocolVersion, "MQTT-3.1.2-2", "CONNECT: unknown protocol level"}
)

var (
	errConnectReserved = &Error{MalformedPacket, "MQTT-3.1.2-3", "CONNECT: reserved flag is set"}
	errWillQoSNoWill   = &Error{MalformedPacket, "MQTT-3.1.2-11", "CONNECT: will QoS without a will"}
	errWillQoS         = &Error{MalformedPacket, "MQTT-3.1.2-12", "CONNECT: will QoS 3"}
	errWillRetain      = &Error{MalformedPacket, "MQTT-3.1.2-13", "CONNECT: will retain without a will"}
	errPasswordOnly    = &Error{MalformedPacket, "MQTT-3.1.2-22 v3.1.1", "CONNECT: password without user name"}
	errWillTopicEmpty  = &Error{TopicNameInvalid, "MQTT-4.7.3-1", "CONNECT: empty will topic"}
)

// ParseConnect decodes the body of a CONNECT into p. The body itself says which version it is.
//
// The name MQTT with an unknown level is ErrProtocolLevel and any other name ErrProtocolName; both are noticed before the
// rest is looked at, because its layout is unknown. The name MQIsdp parses as MQTT 3.1 whatever its level, so that the
// session can answer a level that it does not serve with CONNACK 1.
//
// p aliases body. Nothing is allocated or kept.
func ParseConnect(body []byte, p *Connect) error {
	r := reader{b: body}
	p.ProtocolName = r.bytes()
	p.Level = r.u8()
	if r.err != nil {
		return r.err
	}
	p.Bridge = false
	switch string(p.ProtocolName) {
	case nameV311:
		switch p.Level {
		case byte(V311):
			p.Version = V311
		case byte(V5):
			p.Version = V5
		case byte(V31) | bridgeBit:
			p.Version, p.Bridge = V31, true
		case byte(V311) | bridgeBit:
			p.Version, p.Bridge = V311, true
		default: // [MQTT-3.1.2-2], [MQTT-3.1.2-2 v3.1.1]
			return ErrProtocolLevel
		}
	case nameV31:
		p.Version, p.Bridge = V31, p.Level == byte(V31)|bridgeBit
	default: // [MQTT-3.1.2-1]
		return ErrProtocolName
	}

	flags := r.u8()
	p.reserved = flags&flagReserved != 0
	p.CleanStart = flags&flagClean != 0
	p.HasWill = flags&flagWill != 0
	p.HasUsername = flags&flagUsername != 0
	p.HasPassword = flags&flagPassword != 0
	p.Will.QoS = flags >> shiftWillQoS & 3
	p.Will.Retain = flags&flagRetain != 0
	p.KeepAlive = r.u16()
	p.Props.present = 0
	if p.Version == V5 {
		r.properties(&p.Props)
	}

	p.ClientID = r.bytes() // [MQTT-3.1.3-1] gives the order, [MQTT-3.1.3-3] says that this one is always there
	p.Will.Topic, p.Will.Payload, p.Will.Props.present = nil, nil, 0
	if p.HasWill { // [MQTT-3.1.2-9]
		if p.Version == V5 {
			r.properties(&p.Will.Props)
		}
		p.Will.Topic = r.bytes()
		p.Will.Payload = r.bytes()
	}
	p.Username, p.Password = nil, nil
	if p.HasUsername { // [MQTT-3.1.2-17]
		p.Username = r.bytes()
	}
	if p.HasPassword { // [MQTT-3.1.2-19]
		p.Password = r.bytes()
	}
	return r.done() // a field without its flag is left over: [MQTT-3.1.2-16], [MQTT-3.1.2-18]
}

// Check enforces the rules of a CONNECT. Which levels and client identifiers are served is for the listener to say.
func (p *Connect) Check() error {
	switch {
	case p.reserved: // [MQTT-3.1.2-3]
		return errConnectReserved
	case p.Will.QoS > 2: // [MQTT-3.1.2-12]
		return errWillQoS
	case !p.HasWill && p.Will.QoS != 0: // [MQTT-3.1.2-11]
		return errWillQoSNoWill
	case !p.HasWill && p.Will.Retain: // [MQTT-3.1.2-13]
		return errWillRetain
	case p.Version != V5 && p.HasPassword && !p.HasUsername: // [MQTT-3.1.2-22 v3.1.1]; MQTT 5 allows it
		return errPasswordOnly
	}
	if err := checkText(p.ClientID); err != nil { // [MQTT-3.1.3-4]
		return err
	}
	if p.HasUsername {
		if err := checkText(p.Username); err != nil { // [MQTT-3.1.3-12]
			return err
		}
	}
	if p.HasPassword && len(p.Password) > MaxString {
		return errStringTooLong
	}
	if p.HasWill {
		if err := p.Will.check(p.Version); err != nil {
			return err
		}
	}
	if p.Version == V5 {
		return p.Props.check(CONNECT)
	}
	return nil
}

func (w *Will) check(v Version) error {
	if len(w.Topic) == 0 { // [MQTT-4.7.3-1]
		return errWillTopicEmpty
	}
	if err := checkText(w.Topic); err != nil { // [MQTT-3.1.3-11]
		return err
	}
	if len(w.Payload) > MaxString {
		return errStringTooLong
	}
	if v == V5 {
		return w.Props.check(inWill)
	}
	return nil
}

// AppendConnect appends p as a packet to dst. Its version is p.Version, unless ProtocolName is set: then name and Level
// go out as they are, around the layout of p.Version.
func AppendConnect(dst []byte, p *Connect) []byte {
	name, level := p.ProtocolName, p.Level
	if len(name) == 0 {
		name, level = wireName(p.Version), byte(p.Version)
		if p.Bridge {
			level |= bridgeBit
		}
	}
	dst = appendHeader(dst, CONNECT, 0, p.size(name))
	dst = appendBytes(dst, name)
	dst = append(dst, level, p.flags(), byte(p.KeepAlive>>8), byte(p.KeepAlive))
	if p.Version == V5 {
		dst = p.Props.appendBlock(dst)
	}
	dst = appendBytes(dst, p.ClientID)
	if p.HasWill {
		if p.Version == V5 {
			dst = p.Will.Props.appendBlock(dst)
		}
		dst = appendBytes(dst, p.Will.Topic)
		dst = appendBytes(dst, p.Will.Payload)
	}
	if p.HasUsername {
		dst = appendBytes(dst, p.Username)
	}
	if p.HasPassword {
		dst = appendBytes(dst, p.Password)
	}
	return dst
}

// The names as slices: appending them allocates nothing.
var wireNameV31, wireNameV311 = []byte(nameV31), []byte(nameV311)

func wireName(v Version) []byte {
	if v == V31 {
		return wireNameV31
	}
	return wireNameV311
}

func (p *Connect) flags() (f byte) {
	if p.CleanStart {
		f |= flagClean
	}
	if p.HasWill {
		f |= flagWill | p.Will.QoS&3<<shiftWillQoS
		if p.Will.Retain {
			f |= flagRetain
		}
	}
	if p.HasPassword {
		f |= flagPassword
	}
	if p.HasUsername {
		f |= flagUsername
	}
	return f
}

func (p *Connect) size(name []byte) int {
	n := 2 + fieldLen(name) + 4 + 2 + fieldLen(p.ClientID)
	if p.Version == V5 {
		n += p.Props.blockSize()
	}
	if p.HasWill {
		n += 4 + fieldLen(p.Will.Topic) + fieldLen(p.Will.Payload)
		if p.Version == V5 {
			n += p.Will.Props.blockSize()
		}
	}
	if p.HasUsername {
		n += 2 + fieldLen(p.Username)
	}
	if p.HasPassword {
		n += 2 + fieldLen(p.Password)
	}
	return n
}
