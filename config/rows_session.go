package config

import "fmt"

var accessRows = Group{
	Title:   "Access and the behaviour during a netsplit",
	Feature: "clustering",
	Rows: []Row{
		{Key: "allow_anonymous", Kind: Flag, Default: "off", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "Admits every client without asking for credentials; no plugin is asked at CONNECT. What a client may publish " +
				"and subscribe to is still decided by the plugins. A listener can open itself with allow_anonymous_override.",
			Set: func(c *Config, v Value) { c.Session.AllowAnonymous = v.On() }},
		{Key: "allow_register_during_netsplit", Kind: Flag, Default: "off", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "Accepts CONNECT while nodes of the cluster cannot reach each other. Off refuses it as server unavailable."},
		{Key: "allow_publish_during_netsplit", Kind: Flag, Default: "off", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "Accepts PUBLISH while nodes of the cluster cannot reach each other. Off drops QoS 0 and leaves QoS 1 and 2 " +
				"unacknowledged. Bridges and $SYS are not affected."},
		{Key: "allow_subscribe_during_netsplit", Kind: Flag, Default: "off", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "Accepts SUBSCRIBE while nodes of the cluster cannot reach each other."},
		{Key: "allow_unsubscribe_during_netsplit", Kind: Flag, Default: "off", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "Accepts UNSUBSCRIBE while nodes of the cluster cannot reach each other."},
		{Key: "coordinate_registrations", Kind: Flag, Default: "on", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "Disconnects an older session with the same client id, wherever in the cluster it is, before the new one is " +
				"accepted. Off is faster and disconnects the older one a little later."},
		{Key: "cluster_ready_rpc_timeout", Kind: Int, Default: "5000", Unit: "ms", Settable: SetNow,
			Doc: "Time that all nodes together have to say that they are ready. A smaller value notices a netsplit sooner."},
	},
}

var sessionRows = Group{
	Title:   "Clients and sessions",
	Feature: "this option",
	Rows: []Row{
		{Key: "max_client_id_size", Kind: Int, Default: "23", Unit: "bytes", Shown: ShownLive, Ship: "max_client_id_size = 100",
			Settable: SetNew, Scope: SameForClients,
			Doc: "The longest client id that is accepted. A longer one is refused: CONNACK 2 for MQTT 3, reason 0x85 for MQTT 5. " +
				"Ids that the broker assigns are not checked. The file that ships sets 100.",
			Set: func(c *Config, v Value) { c.Session.MaxClientIDSize = clampInt(v.Int()) }},
		{Key: "max_subscriptions_per_client", Kind: Int, Default: "0", Shown: ShownCommented, Settable: SetNow, Scope: SameForClients,
			Doc: "The number of subscriptions that one client may hold; 0 or less is no limit. Replacing one is always possible. " +
				"A filter beyond the limit is refused in SUBACK: 0x97 for MQTT 5, 0x80 for MQTT 3.1.1.",
			Set: func(c *Config, v Value) { c.Session.MaxSubscriptions = clampInt(v.Int()) }},
		{Key: "persistent_client_expiration", Kind: Period, Default: "never", Words: []string{"never"}, Shown: ShownCommented,
			Ship: "## persistent_client_expiration = 1w", Settable: SetNow, Scope: SameForClients,
			Doc: "How long the state of an offline client with a persistent session is kept. It holds for MQTT 3.1 and 3.1.1; an " +
				"MQTT 5 client says its session expiry interval itself. 0 of any unit is never.",
			Set: func(c *Config, v Value) { c.Session.PersistentExpiration = v.Seconds() }},
		{Key: "max_last_will_delay", Kind: Period, Default: "client", Words: []string{"client"}, Shown: ShownCommented,
			Settable: SetNow, Scope: SameForClients,
			Doc: "Upper bound for the will delay interval of MQTT 5 clients; client leaves it to them, 0s publishes wills at once.",
			Set: func(c *Config, v Value) {
				c.Session.MaxWillDelay = v.Seconds()
				if v.Is("client") {
					c.Session.MaxWillDelay = -1
				}
			}},
		{Key: "retry_interval", Kind: Int, Default: "20", Unit: "s", Shown: ShownCommented, Settable: SetNew,
			Doc: "Time until an unacknowledged PUBLISH of QoS 1 or 2, or a PUBREL, is sent again to an MQTT 3 client; 0 or less " +
				"never sends again. MQTT 5 forbids it on a living connection.",
			Set: func(c *Config, v Value) { c.Session.RetryInterval = v.Seconds() }},
		{Key: "max_inflight_messages", Kind: Int, Default: "20", Unit: "messages", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "QoS 1 and 2 messages that an MQTT 3 client may have received without acknowledging them. 0 is no limit, 1 keeps " +
				"strict order, a negative number stops their delivery. MQTT 5 uses receive_max_client.",
			Advice: adviceBelow(0, "a negative number stops all delivery of QoS 1 and 2"),
			Set:    func(c *Config, v Value) { c.Session.MaxInflight = clampInt(v.Int()) }},
		{Key: "max_message_rate", Kind: Int, Default: "0", Unit: "messages/s", Settable: SetNew, Scope: SameForClients,
			Doc: "PUBLISH packets that one client may send per second. Beyond it the broker stops reading that client for a " +
				"while; nothing is dropped. 0 is no limit.",
			Set: func(c *Config, v Value) { c.Session.MaxMessageRate = clampInt(v.Int()) }},
		{Key: "max_message_size", Kind: Int, Default: "0", Unit: "bytes", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "The largest packet accepted, without its fixed header. A larger one closes the connection before its body is " +
				"read. 0 is the limit of the protocol, 268435455; a negative number refuses every packet.",
			Advice: adviceBelow(0, "a negative number refuses every packet, CONNECT included"),
			Set:    func(c *Config, v Value) { c.Session.MaxMessageSize = clampInt(v.Int()) }},
		{Key: "mqtt_connect_timeout", Kind: Int, Default: "5000", Unit: "ms", Settable: SetNew,
			Doc: "Time that a new connection has until its CONNECT is complete. It starts after TLS and the PROXY header.",
			Set: func(c *Config, v Value) { c.Session.ConnectTimeout = v.Millis() }},
		{Key: "upgrade_outgoing_qos", Kind: Flag, Default: "off", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "Delivers with the QoS of the subscription where the message was published with a lower one. A message of QoS 0 is " +
				"then kept for offline clients too, if they subscribed with a higher one.",
			Set: func(c *Config, v Value) { c.Session.UpgradeOutgoingQoS = v.On() }},
		{Key: "suppress_lwt_on_session_takeover", Kind: Flag, Default: "off", Settable: SetNew, Scope: SameForClients,
			Doc: "Publishes no will when a session ends because its client id connected again.",
			Set: func(c *Config, v Value) { c.Session.SuppressWillOnTakeover = v.On() }},
		{Key: "disconnect_on_unauthorized_publish_v3", Kind: Flag, Default: "off", Settable: SetNew, Scope: SameForClients,
			Feature: "authorisation by plugins",
			Doc: "Disconnects an MQTT 3.1 client that publishes where it may not; off drops the message and acknowledges it. An " +
				"MQTT 3.1.1 client is always disconnected, an MQTT 5 client gets a reason code.",
			Set: func(c *Config, v Value) { c.Session.DisconnectUnauthorizedV3 = v.On() }},
		{Key: "topic_max_depth", Kind: Int, Default: "10", Range: atLeast(1), Unit: "levels", Shown: ShownLive, Scope: SameForClients,
			Doc: "The largest number of levels of a topic or filter; a/b has two. A client that uses more is disconnected. There " +
				"is no word for unlimited.",
			Set: func(c *Config, v Value) { c.Session.TopicMaxDepth = clampInt(v.Int()) }},
		{Key: "logging.keepalive_as_warning", Kind: Flag, Default: "on", Shown: ShownLive, Feature: "this log option",
			Doc: "Logs the end of a session by keep-alive as a warning; off logs it as debug.",
			Set: func(c *Config, v Value) { c.Session.KeepAliveAsDebug = !v.On() }},
		{Key: "logging.obfuscation_secret", Kind: String, Default: "random", Shown: ShownLive, Runtime: true,
			Doc: "Secret that hid credentials in crash dumps of the Erlang runtime. Here no log ever holds a password."},
	},
}

// adviceBelow warns about numbers below lowest, which are accepted because they always were.
func adviceBelow(lowest int64, what string) func(Value) string {
	return func(v Value) string {
		if v.Int() < lowest {
			return what
		}
		return ""
	}
}

var queueRows = Group{
	Title:   "Queues",
	Feature: "moving queues between nodes",
	Rows: []Row{
		{Key: "max_online_messages", Kind: Int, Default: "1000", Unit: "messages", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "Length of the queue of a connected client, behind those in flight, whatever their QoS. -1 is no limit, 0 and other " +
				"negative numbers stop delivery. When it is full, queue_type decides what is dropped.",
			Advice: adviceQueue("delivery to connected clients stops entirely"),
			Set:    func(c *Config, v Value) { c.Queue.MaxOnline = clampInt(v.Int()) }},
		{Key: "max_offline_messages", Kind: Int, Default: "1000", Unit: "messages", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "Length of the queue of an offline client with a persistent session, for QoS 1 and 2. -1 is no limit, 0 and other " +
				"negative numbers keep nothing.",
			Set: func(c *Config, v Value) { c.Queue.MaxOffline = clampInt(v.Int()) }},
		{Key: "override_max_online_messages", Kind: Flag, Default: "off", Shown: ShownLive, Settable: SetNow, Scope: SameForClients,
			Doc: "Lets a client that comes back receive its whole offline queue even where that is longer than " +
				"max_online_messages. Off drops what is too much.",
			Set: func(c *Config, v Value) { c.Queue.OverrideMaxOnline = v.On() }},
		{Key: "queue_type", Kind: Enum, Words: []string{"fifo", "lifo"}, Default: "fifo", Settable: SetNew, Scope: SameForClients,
			Doc: "fifo delivers the oldest message first and drops the new one when the queue is full; lifo delivers the newest " +
				"first and drops the oldest.",
			Set: func(c *Config, v Value) { c.Queue.LIFO = v.Is("lifo") }},
		{Key: "queue_deliver_mode", Kind: Enum, Words: []string{"fanout", "balance"}, Default: "fanout", Inert: true,
			Doc: "Chose a session where one client id had several. There is one session for a client id now, so both words mean " +
				"the same; shared subscriptions balance messages.",
			Advice: func(v Value) string {
				if v.Is("balance") {
					return "has no effect, because a client id has one session; use shared subscriptions to balance messages"
				}
				return ""
			}},
		{Key: "max_drain_time", Kind: Duration, Default: "500ms", Unit: "s",
			Doc: "How long a queue that moved to another node stays behind to catch late messages, and the pause before a step of " +
				"the move is tried again. A number without unit is seconds.",
			Advice: func(v Value) string {
				if v.Int() > 60_000 {
					return fmt.Sprintf("%v is more than a minute; a number without unit is seconds, not milliseconds", v.Millis())
				}
				return ""
			}},
		{Key: "max_msgs_per_drain_step", Kind: Int, Default: "100", Unit: "messages",
			Doc: "How many messages one step of a queue's move to another node takes."},
		{Key: "queue_sup_sup_children", Kind: Int, Default: "50", Runtime: true,
			Doc: "Number of supervisors of queue processes."},
	},
}

func adviceQueue(what string) func(Value) string {
	return func(v Value) string {
		if v.Int() == 0 || v.Int() < -1 {
			return what + "; -1 is no limit"
		}
		return ""
	}
}

var mqtt5Rows = Group{
	Title:   "MQTT 5",
	Feature: "topic aliases",
	Rows: []Row{
		{Key: "topic_alias_max_client", Kind: Int, Default: "0", Range: between(0, 65535), Settable: SetNew, Scope: SameForClients,
			Doc: "Topic aliases that a client may use, announced in CONNACK; 0 allows none.",
			Set: func(c *Config, v Value) { c.Session.TopicAliasMaxClient = uint16(v.Int()) }},
		{Key: "topic_alias_max_broker", Kind: Int, Default: "0", Range: between(0, 65535), Settable: SetNew, Scope: SameForClients,
			Doc: "Topic aliases that the broker uses towards a client, at most as many as the client allows; 0 uses none.",
			Set: func(c *Config, v Value) { c.Session.TopicAliasMaxBroker = uint16(v.Int()) }},
		{Key: "receive_max_client", Kind: Int, Default: "65535", Range: between(1, 65535), Unit: "messages", Settable: SetNew, Scope: SameForClients,
			Doc: "Unacknowledged messages of QoS 1 and 2 on their way to a client, at most as many as its Receive Maximum.",
			Set: func(c *Config, v Value) { c.Session.ReceiveMaxClient = uint16(v.Int()) }},
		{Key: "receive_max_broker", Kind: Int, Default: "65535", Range: between(1, 65535), Unit: "messages", Settable: SetNew, Scope: SameForClients,
			Doc: "Unacknowledged messages of QoS 1 and 2 that a client may have on their way to the broker, announced in CONNACK. A " +
				"client that sends more is disconnected with reason 0x93.",
			Set: func(c *Config, v Value) { c.Session.ReceiveMaxBroker = uint16(v.Int()) }},
	},
}
