package codec

// Subscribe asks for the messages of one or more topic filters.
type Subscribe struct {
	PacketID      uint16
	Subscriptions []Subscription
	Props         Properties
}

// Subscription is one topic filter and how its messages are to be delivered. Before MQTT 5 there is only the QoS.
type Subscription struct {
	Filter            []byte
	QoS               byte // the largest wanted
	NoLocal           bool // not what this client published itself
	RetainAsPublished bool // keep the retain flag of the publisher
	RetainHandling    byte // 0: send retained messages; 1: only if the subscription is new; 2: do not

	reserved bool // option bits that have no meaning in the version
}

const (
	optionQoS           = 3
	optionNoLocal       = 1 << 2
	optionAsPublished   = 1 << 3
	shiftRetainHandling = 4
	optionsReserved     = 0xC0
	optionsReservedV3   = 0xFC // before MQTT 5
)

const sharePrefix = "$share/"

var (
	errNoFilter             = &Error{MalformedPacket, "MQTT-3.8.3-2", "SUBSCRIBE: no topic filter"}
	errFilterEmpty          = &Error{MalformedPacket, "MQTT-4.7.3-1", "topic filter: empty"}
	errSubscribeReserved    = &Error{MalformedPacket, "MQTT-3.8.3-5", "SUBSCRIBE: reserved option bits are set"}
	errSubscribeQoS         = &Error{MalformedPacket, "MQTT-3-8.3-4 v3.1.1", "SUBSCRIBE: QoS 3"}
	errRetainHandling       = &Error{ProtocolError, "", "SUBSCRIBE: retain handling 3"}
	errSharedNoLocal        = &Error{ProtocolError, "MQTT-3.8.3-4", "SUBSCRIBE: no-local on a shared subscription"}
	errSubscriptionIDRepeat = &Error{ProtocolError, "", "SUBSCRIBE: more than one Subscription Identifier"}
)

// ParseSubscribe decodes the body of a SUBSCRIBE into p, which aliases it.
//
// The capacity of p.Subscriptions is reused and grows to the number of filters in the packet: 32 bytes for each four bytes
// of body at worst. A caller that lets large packets in bounds them by the maxRemaining of NextFrame.
func ParseSubscribe(body []byte, v Version, p *Subscribe) error {
	p.Subscriptions, p.Props.present = p.Subscriptions[:0], 0
	r := reader{b: body}
	p.PacketID = r.u16()
	if v == V5 {
		r.properties(&p.Props)
	}
	for len(r.b) > 0 {
		s := Subscription{Filter: r.bytes()}
		options := r.u8()
		s.QoS = options & optionQoS
		if v == V5 {
			s.NoLocal = options&optionNoLocal != 0
			s.RetainAsPublished = options&optionAsPublished != 0
			s.RetainHandling = options >> shiftRetainHandling & 3
			s.reserved = options&optionsReserved != 0
		} else {
			s.reserved = options&optionsReservedV3 != 0
		}
		p.Subscriptions = append(p.Subscriptions, s)
	}
	return r.done()
}

// Check enforces the rules of a SUBSCRIBE. The form of each filter, beyond its text, is left to package trie.
func (p *Subscribe) Check(v Version) error {
	if p.PacketID == 0 { // [MQTT-2.2.1-3]
		return errPacketIDZero
	}
	if len(p.Subscriptions) == 0 { // [MQTT-3.8.3-2]
		return errNoFilter
	}
	for i := range p.Subscriptions {
		if err := p.Subscriptions[i].check(v); err != nil {
			return err
		}
	}
	if v != V5 || p.Props.present == 0 {
		return nil
	}
	if err := p.Props.check(SUBSCRIBE); err != nil {
		return err
	}
	n := 0
	for range p.Props.SubscriptionIDs {
		if n++; n > 1 { // §3.8.2.1.2
			return errSubscriptionIDRepeat
		}
	}
	return nil
}

func (s *Subscription) check(v Version) error {
	switch {
	case s.reserved: // [MQTT-3.8.3-5]; [MQTT-3-8.3-4 v3.1.1], spelled so there
		return errSubscribeReserved
	case s.QoS > 2: // [MQTT-3-8.3-4 v3.1.1]; §3.8.3.1 of MQTT 5
		return errSubscribeQoS
	case s.RetainHandling > 2: // §3.8.3.1
		return errRetainHandling
	}
	if err := checkFilter(s.Filter); err != nil {
		return err
	}
	// [MQTT-3.8.3-4]. Before MQTT 5 the option does not exist on the wire; a bridge's session may set it afterwards.
	if v == V5 && s.NoLocal && len(s.Filter) >= len(sharePrefix) && string(s.Filter[:len(sharePrefix)]) == sharePrefix {
		return errSharedNoLocal
	}
	return nil
}

// checkFilter enforces what concerns the text of a filter.
func checkFilter(filter []byte) error {
	if len(filter) == 0 { // [MQTT-4.7.3-1]
		return errFilterEmpty
	}
	return checkText(filter) // [MQTT-3.8.3-1], [MQTT-3.10.3-1]
}

// AppendSubscribe appends p as a packet of version v to dst.
func AppendSubscribe(dst []byte, v Version, p *Subscribe) []byte {
	n := 2
	if v == V5 {
		n += p.Props.blockSize()
	}
	for i := range p.Subscriptions {
		n += 3 + fieldLen(p.Subscriptions[i].Filter)
	}
	dst = appendHeader(dst, SUBSCRIBE, headerFlags[SUBSCRIBE], n)
	dst = append(dst, byte(p.PacketID>>8), byte(p.PacketID))
	if v == V5 {
		dst = p.Props.appendBlock(dst)
	}
	for i := range p.Subscriptions {
		dst = appendBytes(dst, p.Subscriptions[i].Filter)
		dst = append(dst, p.Subscriptions[i].options(v))
	}
	return dst
}

func (s *Subscription) options(v Version) byte {
	o := s.QoS & optionQoS
	if v != V5 {
		return o
	}
	if s.NoLocal {
		o |= optionNoLocal
	}
	if s.RetainAsPublished {
		o |= optionAsPublished
	}
	return o | s.RetainHandling&3<<shiftRetainHandling
}
