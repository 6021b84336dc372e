package conformance

// Sections 3.8 to 3.11.
var mqtt5Subscribe = []row{
	{"3.8.1-1", Both, "The flags of SUBSCRIBE are 0010; the server closes the connection for any other value.", nil},
	{"3.8.3-1", Client, "Topic filters are UTF-8 strings.", nil},
	{"3.8.3-2", Client, "SUBSCRIBE has at least one filter.", nil},
	{"3.8.3-3", Server, "With no-local a message does not go back to the client that published it.", nil},
	{"3.8.3-4", Client, "No-local on a shared subscription is a protocol error.", nil},
	{"3.8.3-5", Server, "Reserved bits of the options make SUBSCRIBE malformed.", nil},
	{"3.8.4-1", Server, "SUBSCRIBE is answered with SUBACK.", nil},
	{"3.8.4-2", Server, "SUBACK has the identifier of its SUBSCRIBE.", nil},
	{"3.8.4-3", Server, "A filter that the session has already replaces that subscription.", nil},
	{"3.8.4-4", Server, "With retain handling 0 the replacement gets the retained messages again, and no message is lost over it.", nil},
	{"3.8.4-5", Server, "Several filters are handled like that many packets, with one SUBACK.", nil},
	{"3.8.4-6", Server, "SUBACK has a reason code for each filter.", nil},
	{"3.8.4-7", Server, "The code is the granted QoS or a failure.", nil},
	{"3.8.4-8", Server, "A message arrives with the lower one of its QoS and the granted one.", deviates("`upgrade_outgoing_qos`, off by default, delivers with the granted QoS, for those who chose VerneMQ for it")},

	{"3.9.2-1", Server, "A reason string never makes SUBACK larger than the client accepts.", nil},
	{"3.9.2-2", Server, "User properties never make SUBACK larger than the client accepts.", nil},
	{"3.9.3-1", Server, "The codes of SUBACK stand in the order of the filters.", nil},
	{"3.9.3-2", Server, "SUBACK has its own reason codes only.", nil},

	{"3.10.1-1", Both, "The flags of UNSUBSCRIBE are 0010; the server closes the connection for any other value.", nil},
	{"3.10.3-1", Client, "Topic filters of UNSUBSCRIBE are UTF-8 strings.", nil},
	{"3.10.3-2", Client, "UNSUBSCRIBE has at least one filter.", nil},
	{"3.10.4-1", Server, "Filters are compared character by character, and a subscription with the same one is deleted.", nil},
	{"3.10.4-2", Server, "After UNSUBSCRIBE no new messages are added for the filter.", nil},
	{"3.10.4-3", Server, "QoS 1 and 2 messages whose delivery has begun are delivered to the end.", nil},
	{"3.10.4-4", Server, "UNSUBSCRIBE is answered with UNSUBACK.", nil},
	{"3.10.4-5", Server, "UNSUBACK has the identifier of its UNSUBSCRIBE, and comes even if nothing was deleted.", nil},
	{"3.10.4-6", Server, "Several filters are handled like that many packets, with one UNSUBACK.", nil},

	{"3.11.2-1", Server, "A reason string never makes UNSUBACK larger than the client accepts.", nil},
	{"3.11.2-2", Server, "User properties never make UNSUBACK larger than the client accepts.", nil},
	{"3.11.3-1", Server, "The codes of UNSUBACK stand in the order of the filters.", nil},
	{"3.11.3-2", Server, "UNSUBACK has its own reason codes only.", nil},
}
