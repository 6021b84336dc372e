package config

var pluginRows = Group{
	Title:   "Plugins",
	Feature: "the plugin system",
	Rows: []Row{
		{Key: "plugins.vmq_passwd", Kind: Flag, Default: "on", DefaultActs: true, Shown: ShownLive, Scope: SameForClients,
			Doc: "Authentication by a file of user names and password hashes."},
		{Key: "plugins.vmq_acl", Kind: Flag, Default: "on", DefaultActs: true, Shown: ShownLive, Scope: SameForClients,
			Doc: "Authorisation by a file of topic filters. Without this plugin or another one that decides, nobody may publish or subscribe."},
		{Key: "plugins.vmq_diversity", Kind: Flag, Default: "off", Shown: ShownLive, Scope: SameForClients,
			Feature: "Lua scripts", Doc: "Lua scripts, and authentication against databases."},
		{Key: "plugins.vmq_webhooks", Kind: Flag, Default: "off", Shown: ShownLive, Scope: SameForClients,
			Feature: "webhooks", Doc: "Hooks served over HTTP."},
		{Key: "plugins.vmq_bridge", Kind: Flag, Default: "off", Shown: ShownLive,
			Feature: "bridges", Doc: "Bridges to other MQTT brokers."},
		{Key: "plugins.NAME", Kind: Flag, NoDefault: true, Shown: ShownCommented, Ship: "## plugins.name = on",
			Doc: "Starts plugin NAME, such as vmq_http_pub or vmq_web_ui. Plugins written for an Erlang node cannot be loaded."},
		{Key: "plugins.NAME.path", Kind: Dir, NoDefault: true, Shown: ShownCommented, Ship: "## plugins.mypluginname.path = /path/to/myplugin",
			Runtime: true, Doc: "Directory of a plugin written for an Erlang node."},
		{Key: "plugins.NAME.priority", Kind: Int, NoDefault: true, Shown: ShownCommented, Ship: "## plugins.mypluginname.priority = 5",
			Doc: "Place in the order in which plugins are asked, lower ones first. Plugins without one come last, by name."},
		{Key: "wait_for_proc", Kind: String, Default: "vmq_server_sup", Runtime: true,
			Doc: "Process that an Erlang node waits for before it starts plugins."},
		{Key: "default_schema_dir", Kind: Dir, Default: "off", Words: []string{"off"}, Runtime: true,
			Doc: "Where an Erlang node finds the description of its options."},
	},
}

var fileAuthRows = Group{
	Title: "Password file and access control list",
	Rows: []Row{
		{Key: "vmq_acl.acl_file", Kind: File, Default: "./etc/vmq.acl", Shown: ShownLive, Settable: SetNow, Scope: SameForClients,
			Doc: "The file of access rules. If it cannot be read, the rules read last stay in force. A file that is named here and missing at " +
				"start allows nothing; if none is named and etc/vmq.acl is missing too, everything is allowed, as with the file that ships."},
		{Key: "vmq_acl.acl_reload_interval", Kind: Int, Default: "10", Range: atLeast(0), Unit: "s", Shown: ShownLive, Settable: SetNow,
			Doc: "Time between two looks at the file; 0 reads it at start only."},
		{Key: "vmq_acl.strict_wildcards", Kind: Flag, Default: "on", Shown: ShownCommented, Settable: SetNow, Scope: SameForClients,
			Doc: "A + of a rule does not cover a subscription to # in its place, which gets more than one level of topics. Off: it does, as in VerneMQ."},
		{Key: "vmq_acl.cancel_subscriptions", Kind: Flag, Default: "on", Shown: ShownCommented, Settable: SetNow, Scope: SameForClients,
			Doc: "Ends subscriptions, of clients that are away too, when a change of the file takes away the rule that allowed them. " +
				"Off: they live on, as in VerneMQ."},
		{Key: "vmq_passwd.password_file", Kind: File, Default: "./etc/vmq.passwd", Shown: ShownLive, Settable: SetNow, Scope: SameForClients,
			Doc: "The file of user names and password hashes. Nobody can log in without it."},
		{Key: "vmq_passwd.password_reload_interval", Kind: Int, Default: "10", Range: atLeast(0), Unit: "s", Shown: ShownLive, Settable: SetNow,
			Doc: "Time between two looks at the file; 0 reads it at start only."},
	},
}

var hookNames = []string{"auth_on_register", "auth_on_publish", "auth_on_subscribe", "on_register", "on_publish", "on_subscribe",
	"on_unsubscribe", "on_deliver", "on_offline_message", "on_client_wakeup", "on_client_offline", "on_client_gone",
	"on_session_expired", "auth_on_register_m5", "auth_on_publish_m5", "auth_on_subscribe_m5", "on_register_m5", "on_publish_m5",
	"on_subscribe_m5", "on_unsubscribe_m5", "on_deliver_m5", "on_auth_m5"}

var webhookRows = Group{
	Title:   "Webhooks",
	Intro:   "Each NAME needs a hook and an endpoint. Endpoints of one hook are asked in alphabetical order of their names.",
	Feature: "webhooks",
	Rows: []Row{
		{Key: "vmq_webhooks.NAME.hook", Kind: Enum, Words: hookNames, NoDefault: true, Shown: ShownCommented, Scope: SameForClients,
			Ship: "## vmq_webhooks.webhook1.hook = auth_on_register", Doc: "The hook that this entry serves."},
		{Key: "vmq_webhooks.NAME.endpoint", Kind: String, NoDefault: true, Shown: ShownCommented, Scope: SameForClients,
			Ship: "## vmq_webhooks.webhook1.endpoint = http://localhost/myendpoints", Doc: "The URL that is called, http:// or https://."},
		{Key: "vmq_webhooks.NAME.base64encode", Kind: Flag, Default: "on", Doc: "Sends payloads as base64 inside the JSON body."},
		{Key: "vmq_webhooks.NAME.no_payload", Kind: Flag, Default: "off",
			Doc: "Leaves the payload out; for auth_on_publish and auth_on_publish_m5 only."},
		{Key: "vmq_webhooks.NAME.response_timeout", Kind: Int, Default: "5000", Unit: "ms",
			Doc: "How long the endpoint may take to answer."},
		{Key: "vmq_webhooks.pool_max_connections", Kind: Int, Default: "100", Settable: SetNew,
			Doc: "Connections to one endpoint."},
		{Key: "vmq_webhooks.pool_timeout", Kind: Int, Default: "60000", Unit: "ms", Settable: SetNew,
			Doc: "How long an idle connection is kept."},
		{Key: "vmq_webhooks.cafile", Kind: File, Default: "", Check: MustBePEM, Settable: SetNow,
			Doc: "Authorities that vouch for https endpoints; empty takes those of the system."},
		{Key: "vmq_webhooks.tls_version", Kind: Enum, Words: tlsVersions, Default: "tlsv1.2",
			Shown: ShownCommented, Settable: SetNow,
			Doc: "The TLS version towards https endpoints."},
		{Key: "vmq_webhooks.verify_peer", Kind: Flag, Default: "on", Settable: SetNow,
			Doc: "Checks the certificate and host name of https endpoints."},
		{Key: "vmq_webhooks.depth", Kind: Int, Default: "100", Settable: SetNow,
			Doc: "The longest chain of certificates of an https endpoint."},
		{Key: "vmq_webhooks.certfile", Kind: File, Default: "", Check: MustBePEM, Settable: SetNow,
			Doc: "Certificate shown to https endpoints."},
		{Key: "vmq_webhooks.keyfile", Kind: File, Default: "", Check: MustBePEM, Settable: SetNow, Doc: "Key of that certificate."},
		{Key: "vmq_webhooks.keyfile_password", Kind: String, Secret: true, Default: "", Doc: "Password of that key."},
		{Key: "vmq_webhooks.use_crls", Kind: Flag, Default: "on",
			Doc: "Asks the issuers whether an endpoint's certificate was revoked."},
		{Key: "vmq_webhooks.clique_lead_line", Kind: String, Default: "webhooks Manage webhooks", Runtime: true,
			Doc: "Help text of an admin command."},
	},
}

var tlsVersions = []string{"tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"}
