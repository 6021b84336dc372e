package conformance

const (
	withAuth      = "enhanced authentication"
	withReasons   = "reason strings and user properties from hooks"
	withProblem   = "Request Problem Information"
	withResponse  = "Response Information from hooks"
	allQoS        = "all three QoS are supported"
	retainsAlways = "retained messages are supported"
)

// Sections 3.1 and 3.2.
var mqtt5Connect = []row{
	{"3.1.0-1", Client, "The first packet of a client is CONNECT.", nil},
	{"3.1.0-2", Server, "A second CONNECT is a protocol error and closes the connection.", nil},

	{"3.1.2-1", Server, "The protocol name is MQTT; a server that gets another one may answer 0x84 and has to close the connection.", nil},
	{"3.1.2-2", Server, "A server that does not want the protocol version may answer 0x84 and has to close the connection.", nil},
	{"3.1.2-3", Server, "The server checks that the reserved connect flag is 0.", nil},
	{"3.1.2-4", Both, "Clean Start 1 discards an existing session and begins a new one.", nil},
	{"3.1.2-5", Server, "Clean Start 0 resumes the session that exists for the client identifier.", nil},
	{"3.1.2-6", Server, "Clean Start 0 creates a session if none exists.", nil},
	{"3.1.2-7", Server, "A will is stored with the session.", nil},
	{"3.1.2-8", Server, "The will is published after the connection ended, when its delay or the session is over, unless DISCONNECT 0x00 or a new connection removed it.", nil},
	{"3.1.2-9", Both, "With the will flag, will properties, topic and payload are in the payload.", nil},
	{"3.1.2-10", Server, "The will leaves the session state when it was published or DISCONNECT 0x00 came.", nil},
	{"3.1.2-11", Client, "Without the will flag, the will QoS is 0.", nil},
	{"3.1.2-12", Client, "With the will flag, the will QoS is 0, 1 or 2.", nil},
	{"3.1.2-13", Client, "Without the will flag, will retain is 0.", nil},
	{"3.1.2-14", Server, "With will retain 0 the will is published as a message that is not retained.", nil},
	{"3.1.2-15", Server, "With will retain 1 the will is published as a retained message.", nil},
	{"3.1.2-16", Client, "Without the user name flag there is no user name.", nil},
	{"3.1.2-17", Client, "With the user name flag there is a user name.", nil},
	{"3.1.2-18", Client, "Without the password flag there is no password.", nil},
	{"3.1.2-19", Client, "With the password flag there is a password.", nil},
	{"3.1.2-20", Client, "A client with a keep-alive and nothing else to send sends PINGREQ.", nil},
	{"3.1.2-21", Client, "A client obeys the Server Keep Alive that it got.", nil},
	{"3.1.2-22", Server, "A client that is silent for one and a half times its keep-alive is disconnected as if the network had failed.", nil},
	{"3.1.2-23", Both, "The session is stored after the connection if its expiry interval is above 0.", nil},
	{"3.1.2-24", Server, "The server sends no packet larger than the client's Maximum Packet Size.", nil},
	{"3.1.2-25", Server, "A message that is too large for a client is discarded, and things go on as if it had been sent.", nil},
	{"3.1.2-26", Server, "The server uses no topic alias above the client's Topic Alias Maximum.", nil},
	{"3.1.2-27", Server, "Without a Topic Alias Maximum, or with 0, the server uses no topic alias.", nil},
	{"3.1.2-28", Server, "With Request Response Information 0 the server returns no Response Information.", nil},
	{"3.1.2-29", Server, "With Request Problem Information 0 only PUBLISH, CONNACK and DISCONNECT carry reason string or user properties.", nil},
	{"3.1.2-30", Client, "A client that named an authentication method sends only AUTH and DISCONNECT until CONNACK.", nil},

	{"3.1.3-1", Client, "The fields of the payload stand in their order: client identifier, will, user name, password.", nil},
	{"3.1.3-2", Both, "The client identifier identifies the state of the session.", nil},
	{"3.1.3-3", Client, "The client identifier is there, and first.", nil},
	{"3.1.3-4", Client, "The client identifier is a UTF-8 string.", nil},
	{"3.1.3-5", Server, "Client identifiers of 1 to 23 bytes out of digits and ASCII letters are accepted.", nil},
	{"3.1.3-6", Server, "A client without an identifier, if it is let in, gets one that is unique.", nil},
	{"3.1.3-7", Server, "The assigned identifier is treated like the client's own, and returned in CONNACK.", nil},
	{"3.1.3-8", Server, "A server that rejects the client identifier may answer 0x85 and has to close the connection.", nil},
	{"3.1.3-9", Server, "A new connection to the session before the will delay is over keeps the will from being sent.", nil},
	{"3.1.3-10", Server, "The user properties of a will are published in their order.", nil},
	{"3.1.3-11", Client, "The will topic is a UTF-8 string.", nil},
	{"3.1.3-12", Client, "The user name is a UTF-8 string.", nil},

	{"3.1.4-1", Server, "A CONNECT against the format closes the connection.", nil},
	{"3.1.4-2", Server, "A CONNECT that fails a further check, such as authentication, closes the connection.", nil},
	{"3.1.4-3", Server, "A client that connects again ends its older connection, which is told 0x8E.", nil},
	{"3.1.4-4", Server, "The server processes Clean Start.", nil},
	{"3.1.4-5", Server, "The server acknowledges an accepted CONNECT with CONNACK 0x00.", nil},
	{"3.1.4-6", Server, "What follows a rejected CONNECT is not processed, AUTH excepted.", nil},

	{"3.2.0-1", Server, "CONNACK 0x00 goes out before any other packet but AUTH.", nil},
	{"3.2.0-2", Server, "A connection gets no more than one CONNACK.", nil},
	{"3.2.2-1", Server, "Bits 7 to 1 of the acknowledge flags are 0.", nil},
	{"3.2.2-2", Server, "With Clean Start 1, session present is 0.", nil},
	{"3.2.2-3", Server, "With Clean Start 0, session present tells whether there was a session.", nil},
	{"3.2.2-4", Client, "A client without session state that reads session present 1 closes the connection.", nil},
	{"3.2.2-5", Client, "A client with session state that reads session present 0 discards it if it goes on.", nil},
	{"3.2.2-6", Server, "A CONNACK that refuses has session present 0.", nil},
	{"3.2.2-7", Server, "After a CONNACK of 0x80 or above the connection is closed.", nil},
	{"3.2.2-8", Server, "CONNACK has one of its reason codes.", nil},
	{"3.2.2-9", Server, "A server without QoS 1 or 2 announces its Maximum QoS.", moot(allQoS)},
	{"3.2.2-10", Server, "A server without QoS 1 or 2 accepts such subscriptions all the same.", moot(allQoS)},
	{"3.2.2-11", Client, "A client publishes with no QoS above the Maximum QoS.", nil},
	{"3.2.2-12", Server, "A will with a QoS that the server lacks is rejected.", moot(allQoS)},
	{"3.2.2-13", Server, "A will to be retained is rejected by a server that retains nothing.", moot(retainsAlways)},
	{"3.2.2-14", Client, "A client that was told Retain Available 0 publishes nothing with RETAIN.", nil},
	{"3.2.2-15", Client, "A client sends no packet larger than the server's Maximum Packet Size.", nil},
	{"3.2.2-16", Server, "A client without identifier is told an Assigned Client Identifier that no other session has.", nil},
	{"3.2.2-17", Client, "A client uses no topic alias above the server's Topic Alias Maximum.", nil},
	{"3.2.2-18", Client, "Without a Topic Alias Maximum the client uses no topic alias.", nil},
	{"3.2.2-19", Server, "A reason string never makes CONNACK larger than the client accepts.", nil},
	{"3.2.2-20", Server, "User properties never make CONNACK larger than the client accepts.", nil},
	{"3.2.2-21", Client, "A client obeys the Server Keep Alive of CONNACK.", nil},
	{"3.2.2-22", Server, "Without a Server Keep Alive the server uses the keep-alive of the client.", nil},
}
