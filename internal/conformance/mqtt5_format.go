package conformance

// Chapters 1 and 2. Section 2.2.1 begins with its second number.
var mqtt5Format = []row{
	{"1.5.4-1", Both, "Strings are well-formed UTF-8, without surrogates.", nil},
	{"1.5.4-2", Both, "Strings hold no U+0000.", nil},
	{"1.5.4-3", Both, "A byte order mark is an ordinary character wherever it stands, and nobody strips it.", nil},
	{"1.5.5-1", Both, "A variable byte integer takes as few bytes as its value needs.", nil},
	{"1.5.7-1", Both, "Both halves of a string pair obey the rules of strings.", nil},

	{"2.1.3-1", Both, "Reserved bits of the fixed header have the values that the table gives them.", nil},
	{"2.2.1-2", Both, "A QoS 0 PUBLISH has no packet identifier.", nil},
	{"2.2.1-3", Client, "A client gives a new SUBSCRIBE, UNSUBSCRIBE or QoS 1 and 2 PUBLISH an unused identifier other than 0.", nil},
	{"2.2.1-4", Server, "The server gives a new QoS 1 or 2 PUBLISH an unused identifier other than 0.", nil},
	{"2.2.1-5", Both, "PUBACK, PUBREC, PUBREL and PUBCOMP repeat the identifier of their PUBLISH.", nil},
	{"2.2.1-6", Server, "SUBACK and UNSUBACK repeat the identifier of their request.", nil},
	{"2.2.2-1", Both, "A packet without properties says so with a length of 0.", nil},
}
