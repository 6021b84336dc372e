package codec

// The fields of Properties by identifier: parsing, checking, appending and printing loop over identifiers and kinds rather
// than repeat 27 names each. Asking for a property of another kind returns nil, which only a mistake in this package can do.

func (p *Properties) byteField(id PropertyID) *byte {
	switch id {
	case PropPayloadFormat:
		return &p.PayloadFormat
	case PropRequestProblemInfo:
		return &p.RequestProblemInfo
	case PropRequestResponseInfo:
		return &p.RequestResponseInfo
	case PropMaximumQoS:
		return &p.MaximumQoS
	case PropRetainAvailable:
		return &p.RetainAvailable
	case PropWildcardAvailable:
		return &p.WildcardAvailable
	case PropSubscriptionIDAvailable:
		return &p.SubscriptionIDAvailable
	case PropSharedAvailable:
		return &p.SharedAvailable
	}
	return nil
}

func (p *Properties) u16Field(id PropertyID) *uint16 {
	switch id {
	case PropServerKeepAlive:
		return &p.ServerKeepAlive
	case PropReceiveMaximum:
		return &p.ReceiveMaximum
	case PropTopicAliasMaximum:
		return &p.TopicAliasMaximum
	case PropTopicAlias:
		return &p.TopicAlias
	}
	return nil
}

func (p *Properties) u32Field(id PropertyID) *uint32 {
	switch id {
	case PropMessageExpiry:
		return &p.MessageExpiry
	case PropSessionExpiry:
		return &p.SessionExpiry
	case PropWillDelay:
		return &p.WillDelay
	case PropMaximumPacketSize:
		return &p.MaximumPacketSize
	}
	return nil
}

func (p *Properties) bytesField(id PropertyID) *[]byte {
	switch id {
	case PropContentType:
		return &p.ContentType
	case PropResponseTopic:
		return &p.ResponseTopic
	case PropCorrelationData:
		return &p.CorrelationData
	case PropAssignedClientID:
		return &p.AssignedClientID
	case PropAuthMethod:
		return &p.AuthMethod
	case PropAuthData:
		return &p.AuthData
	case PropResponseInfo:
		return &p.ResponseInfo
	case PropServerReference:
		return &p.ServerReference
	case PropReasonString:
		return &p.ReasonString
	}
	return nil
}

// Setters for builders: each stores the value and makes the property present. Those that take a slice keep it until the
// property is set again; AddUser and AddSubscriptionID serve the two properties that repeat.

func (p *Properties) setByte(id PropertyID, v byte)    { *p.byteField(id) = v; p.present |= id.bit() }
func (p *Properties) setU16(id PropertyID, v uint16)   { *p.u16Field(id) = v; p.present |= id.bit() }
func (p *Properties) setU32(id PropertyID, v uint32)   { *p.u32Field(id) = v; p.present |= id.bit() }
func (p *Properties) setBytes(id PropertyID, v []byte) { *p.bytesField(id) = v; p.present |= id.bit() }

// SetPayloadFormat says 1 if the payload is UTF-8, 0 if it is anything.
func (p *Properties) SetPayloadFormat(v byte) { p.setByte(PropPayloadFormat, v) }

// SetMessageExpiry sets the life time of the message, in seconds.
func (p *Properties) SetMessageExpiry(seconds uint32) { p.setU32(PropMessageExpiry, seconds) }

// SetContentType sets what the payload is, in UTF-8.
func (p *Properties) SetContentType(v []byte) { p.setBytes(PropContentType, v) }

// SetResponseTopic sets the topic on which the publisher waits for an answer.
func (p *Properties) SetResponseTopic(v []byte) { p.setBytes(PropResponseTopic, v) }

// SetCorrelationData sets the bytes that an answer repeats.
func (p *Properties) SetCorrelationData(v []byte) { p.setBytes(PropCorrelationData, v) }

// SetSessionExpiry sets how long the session outlives its connection, in seconds; 0xFFFFFFFF is for ever.
func (p *Properties) SetSessionExpiry(seconds uint32) { p.setU32(PropSessionExpiry, seconds) }

// SetAssignedClientID tells a client the identifier that the server chose.
func (p *Properties) SetAssignedClientID(v []byte) { p.setBytes(PropAssignedClientID, v) }

// SetServerKeepAlive sets the keep-alive that the client must use, in seconds.
func (p *Properties) SetServerKeepAlive(seconds uint16) { p.setU16(PropServerKeepAlive, seconds) }

// SetAuthMethod sets the name of the method of enhanced authentication.
func (p *Properties) SetAuthMethod(v []byte) { p.setBytes(PropAuthMethod, v) }

// SetAuthData sets the data of that method.
func (p *Properties) SetAuthData(v []byte) { p.setBytes(PropAuthData, v) }

// SetRequestProblemInfo says 0 if the client wants neither reason strings nor user properties on most packets.
func (p *Properties) SetRequestProblemInfo(v byte) { p.setByte(PropRequestProblemInfo, v) }

// SetWillDelay sets how long the will waits after the connection ended, in seconds.
func (p *Properties) SetWillDelay(seconds uint32) { p.setU32(PropWillDelay, seconds) }

// SetRequestResponseInfo says 1 if the client asks for Response Information.
func (p *Properties) SetRequestResponseInfo(v byte) { p.setByte(PropRequestResponseInfo, v) }

// SetResponseInfo sets the text from which a client makes its response topics.
func (p *Properties) SetResponseInfo(v []byte) { p.setBytes(PropResponseInfo, v) }

// SetServerReference names the server to use instead.
func (p *Properties) SetServerReference(v []byte) { p.setBytes(PropServerReference, v) }

// SetReasonString sets a text for people beside the reason code.
func (p *Properties) SetReasonString(v []byte) { p.setBytes(PropReasonString, v) }

// SetReceiveMaximum sets how many QoS 1 and 2 packets may be under way; 0 is not allowed.
func (p *Properties) SetReceiveMaximum(v uint16) { p.setU16(PropReceiveMaximum, v) }

// SetTopicAliasMaximum sets the largest topic alias that the sender of this packet accepts.
func (p *Properties) SetTopicAliasMaximum(v uint16) { p.setU16(PropTopicAliasMaximum, v) }

// SetTopicAlias sets the number that stands for the topic; 0 is not allowed.
func (p *Properties) SetTopicAlias(v uint16) { p.setU16(PropTopicAlias, v) }

// SetMaximumQoS sets the largest QoS that the server takes, 0 or 1.
func (p *Properties) SetMaximumQoS(v byte) { p.setByte(PropMaximumQoS, v) }

// SetRetainAvailable says 0 if the server keeps no retained messages.
func (p *Properties) SetRetainAvailable(v byte) { p.setByte(PropRetainAvailable, v) }

// SetMaximumPacketSize sets the largest whole packet, in bytes, that the sender of this packet accepts; 0 is not allowed.
func (p *Properties) SetMaximumPacketSize(n uint32) { p.setU32(PropMaximumPacketSize, n) }

// SetWildcardAvailable says 0 if the server takes no filters with wildcards.
func (p *Properties) SetWildcardAvailable(v byte) { p.setByte(PropWildcardAvailable, v) }

// SetSubscriptionIDAvailable says 0 if the server takes no Subscription Identifiers.
func (p *Properties) SetSubscriptionIDAvailable(v byte) { p.setByte(PropSubscriptionIDAvailable, v) }

// SetSharedAvailable says 0 if the server takes no shared subscriptions.
func (p *Properties) SetSharedAvailable(v byte) { p.setByte(PropSharedAvailable, v) }
