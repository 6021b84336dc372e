package config

// regViews are the names of routing tables. They differed in speed and memory only, so one table serves both.
var regViews = []string{"vmq_reg_trie", "vmq_reg_ordered_trie"}

var routingRows = Group{
	Title:   "Shared subscriptions and retained messages",
	Feature: "this routing option",
	Rows: []Row{
		{Key: "shared_subscription_policy", Kind: Enum,
			Words:   []string{"prefer_local", "random", "local_only", "prefer_online_before_local"},
			Default: "prefer_local", Shown: ShownLive, Settable: SetNew, Scope: SameForClients,
			Doc: "How a member of a shared subscription is chosen. prefer_local takes any member on the node of the publisher and " +
				"one of another node if there is none; random takes any; local_only never leaves the node; " +
				"prefer_online_before_local takes a connected member elsewhere rather than an offline one here. Connected " +
				"members always come before offline ones.",
			Set: func(c *Config, v Value) { c.Routing.SharedPolicy = v.Text() }},
		{Key: "shared_subscription_timeout_action", Kind: Enum, Words: []string{"ignore", "requeue"}, Default: "ignore",
			Doc: "What happens to a message that a member of a shared subscription did not confirm in time."},
		{Key: "default_reg_view", Kind: Enum, Words: regViews, Default: "vmq_reg_trie",
			Doc: "The routing table of new sessions. Both names mean the one table that exists."},
		{Key: "reg_views", Kind: Term, Default: "[vmq_reg_trie]", Valid: validRegViews,
			Doc: "The routing tables that are started, in square brackets with commas between them: vmq_reg_trie and " +
				"vmq_reg_ordered_trie. Both names mean the one table that exists, and it is always there."},
		{Key: "subscriber_retain_mode", Kind: Enum, Words: []string{"immediate", "syncwait"}, Default: "immediate", Settable: SetNow, Scope: SameForClients,
			Doc: "When a client that subscribes gets the retained messages. immediate sends them at once. With syncwait they follow two " +
				"seconds after SUBACK, so that what was published on another node a moment before has arrived; nothing else " +
				"waits, and on a node that is alone there is nothing to wait for and nothing waits.",
			Set: func(c *Config, v Value) { c.Routing.RetainSyncWait = v.Text() == "syncwait" }},
		{Key: "expire_retain_cache", Kind: Int, Default: "0", Unit: "s", Shown: ShownCommented,
			Doc: "Time between sweeps that remove expired retained messages. 0 or less never sweeps; an expired message is not " +
				"delivered all the same, and is removed when a subscriber would have got it.",
			Set: func(c *Config, v Value) { c.Routing.RetainSweep = v.Seconds() }},
		{Key: "fanout.shard_count", Kind: Int, Default: "1", Runtime: true,
			Doc: "Number of workers that an Erlang node uses to copy a message to many receivers."},
		{Key: "fanout.async_handoff", Kind: Flag, Default: "off", Runtime: true,
			Doc: "Hands messages to these workers without waiting for them."},
	},
}

var clusterRows = Group{
	Title:   "Links between nodes",
	Feature: "clustering",
	Rows: []Row{
		{Key: "outgoing_clustering_buffer_size", Kind: Int, Default: "10000", Unit: "bytes",
			Ship: "outgoing_clustering_buffer_size = 67108864", Shown: ShownLive,
			Doc: "What is kept for a node that cannot be reached; messages beyond it are dropped and counted. The file that ships " +
				"sets 67108864."},
		{Key: "incoming_clustering_buffer_size", Kind: Int, Default: "67108864", Unit: "bytes",
			Doc: "The largest frame accepted from another node; a larger one closes the link."},
		{Key: "outgoing_clustering_flush_threshold", Kind: Int, Default: "65536", Unit: "bytes",
			Doc: "How much is collected for another node before it is written early."},
		{Key: "outgoing_cluster_handshake_ack_timeout", Kind: Int, Default: "250", Unit: "ms",
			Doc: "How long the start of a link waits for the other node's answer."},
		{Key: "remote_enqueue_timeout", Kind: Int, Default: "5000", Words: []string{"infinity"}, Unit: "ms", Settable: SetNow,
			Doc: "How long another node may take to confirm that it queued a message."},
		{Key: "outgoing_connect_options", Kind: Term, Default: "[{keepalive, true}, {send_timeout, 0}]",
			Doc: "Options of the sockets towards other nodes, as an Erlang list."},
		{Key: "tcp_listen_options", Kind: Term,
			Default: "[{nodelay, true}, {linger, {true, 0}}, {send_timeout, 30000}, {send_timeout_close, true}]",
			Feature: "setting socket options in the configuration",
			Doc: "Options of the sockets of every listener, as an Erlang list. The default switches Nagle's algorithm off and " +
				"closes a connection that takes no data for 30 s."},
	},
}

var nodeRows = Group{
	Title:   "Node",
	Feature: "clustering",
	Rows: []Row{
		{Key: "nodename", Kind: String, Default: "VerneMQ@127.0.0.1", Shown: ShownLive, Scope: Unique, Valid: validNodeName,
			Doc: "The identity of this node, name@host. It must be unique in the cluster and must not change as long as the data is " +
				"kept. -name in a file vm.args beside vernemq.conf wins over it.",
			Set: func(c *Config, v Value) { c.Node.Name = v.Text() }},
		{Key: "distributed_cookie", Kind: String, Secret: true, Default: "vmq", Shown: ShownLive, Scope: SameForCluster,
			Doc: "The secret that the nodes of a cluster share. The default is public. -setcookie in a file vm.args beside " +
				"vernemq.conf wins over it.",
			Set: func(c *Config, v Value) { c.Node.Cookie = v.Text() }},
		{Key: "platform_data_dir", Kind: Dir, Default: "./data",
			Doc: "The directory below which the node keeps everything that must survive a restart. One broker at a time can use it.",
			Set: func(c *Config, v Value) { c.Node.DataDir = c.path(v) }},
		{Key: "setup.data_dir", Kind: Dir, Default: "./data/",
			Doc: "Another name of platform_data_dir; it wins where both are set."},
		{Key: "setup.log_dir", Kind: Dir, Default: "./log/", Runtime: true,
			Doc: "Directory that an Erlang node creates at start."},
		{Key: "erlang.max_ports", Kind: Int, Default: "262144", Range: between(1024, 134217727), Shown: ShownLive,
			Doc: "The number of sockets and files that this node is expected to need at most. If the operating system allows " +
				"fewer, the broker says so when it starts.",
			Set: func(c *Config, v Value) { c.Node.MaxPorts = clampInt(v.Int()) }},
	},
}
