package codec

// Properties are the properties of one packet, of any type. A field means something only while Has is true for it: parsing
// clears the presence bits and leaves old values where they are. The zero value has none.
//
// After a parse, byte slices and the values of UserProperties alias the packet; after a setter, they alias its argument. Only
// AddUser and AddSubscriptionID copy what they get, into a buffer that belongs to the struct and that the next packet parsed into it
// reuses. A copy of the struct shares that buffer, so only one of the two may go on adding.
type Properties struct {
	present propertyBits

	PayloadFormat           byte // 1: the payload is UTF-8
	RequestProblemInfo      byte // 0: no reason strings and user properties on most packets
	RequestResponseInfo     byte // 1: the client would like Response Information
	MaximumQoS              byte // 0 or 1; absent: 2
	RetainAvailable         byte
	WildcardAvailable       byte
	SubscriptionIDAvailable byte
	SharedAvailable         byte

	ServerKeepAlive   uint16 // seconds
	ReceiveMaximum    uint16 // QoS 1 and 2 packets under way; never 0
	TopicAliasMaximum uint16 // largest alias accepted; 0: none
	TopicAlias        uint16 // never 0

	MessageExpiry     uint32 // seconds
	SessionExpiry     uint32 // seconds; 0xFFFFFFFF: never
	WillDelay         uint32 // seconds
	MaximumPacketSize uint32 // bytes, of the whole packet; never 0
	SubscriptionID    uint32 // the first one; SubscriptionIDs yields all

	ContentType      []byte
	ResponseTopic    []byte
	CorrelationData  []byte // binary
	AssignedClientID []byte
	AuthMethod       []byte
	AuthData         []byte // binary
	ResponseInfo     []byte
	ServerReference  []byte
	ReasonString     []byte

	// The properties that repeat stay encoded: parsed ones where they stand in the packet, from the first of them on and
	// with whatever is between them; added ones in a buffer of their own. Both mean something only while the presence bit
	// is set.
	users, subscriptions encoded
}

// Has reports whether the property is present.
func (p *Properties) Has(id PropertyID) bool { return p.present&id.bit() != 0 }

// Empty reports whether there is no property at all.
func (p *Properties) Empty() bool { return p.present == 0 }

// Clear removes all properties.
func (p *Properties) Clear() { p.present = 0 }

// Del removes a property; of those that repeat, all.
func (p *Properties) Del(id PropertyID) { p.present &^= id.bit() }

// UserProperties yields all user properties, in wire order and with duplicates. key and value are valid as long as the packet
// is, or until the next AddUser. Use it as `for key, value := range p.UserProperties`.
func (p *Properties) UserProperties(yield func(key, value []byte) bool) {
	if !p.Has(PropUserProperty) {
		return
	}
	for block := range p.users.both {
		for one, rest := nextOf(PropUserProperty, block); one != nil; one, rest = nextOf(PropUserProperty, rest) {
			if !yield(cutPair(one)) {
				return
			}
		}
	}
}

// AddUser adds a user property behind those that are there. It copies key and value.
func (p *Properties) AddUser(key, value []byte) {
	if !p.Has(PropUserProperty) {
		p.users.reset(nil)
		p.present |= PropUserProperty.bit()
	}
	p.users.added = append(p.users.added, byte(PropUserProperty))
	p.users.added = appendBytes(p.users.added, key)
	p.users.added = appendBytes(p.users.added, value)
}

// SubscriptionIDs yields all Subscription Identifiers in wire order: a PUBLISH to a client may carry several.
func (p *Properties) SubscriptionIDs(yield func(uint32) bool) {
	if !p.Has(PropSubscriptionID) {
		return
	}
	for block := range p.subscriptions.both {
		for one, rest := nextOf(PropSubscriptionID, block); one != nil; one, rest = nextOf(PropSubscriptionID, rest) {
			if v, _ := varint(one[1:]); !yield(v) {
				return
			}
		}
	}
}

// AddSubscriptionID adds a Subscription Identifier, 1 to MaxSubscriptionID, behind those that are there.
func (p *Properties) AddSubscriptionID(v uint32) {
	if !p.Has(PropSubscriptionID) {
		p.subscriptions.reset(nil)
		p.present |= PropSubscriptionID.bit()
		p.SubscriptionID = v
	}
	p.subscriptions.added = append(p.subscriptions.added, byte(PropSubscriptionID))
	p.subscriptions.added = appendVarint(p.subscriptions.added, v)
}

// Clone returns a copy that shares nothing with p or its packet.
func (p *Properties) Clone() *Properties {
	c := new(Properties)
	if p.present == 0 {
		return c
	}
	r := reader{b: p.appendBlock(nil)}
	r.properties(c)
	return c
}

// KeepOnly removes the properties that a packet of type t may not carry.
func (p *Properties) KeepOnly(t PacketType) { p.present &= allowedIn[t] }
