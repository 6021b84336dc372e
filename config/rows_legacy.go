package config

// legacyRows are keys of older versions, and keys that stand in documentation only. With an Alias they mean that key, in full
// families too; without one they are ignored.
var legacyRows = Group{
	Title: "Keys of older versions",
	Intro: "Accepted with a warning. Where a key of today is named, they mean that key, unless it is set itself.",
	Rows: []Row{
		{Key: "accept_eula", Kind: String, NoDefault: true, Silent: true, Doc: "Accepted the licence of binary packages."},
		{Key: "allow_multiple_sessions", Kind: Flag, NoDefault: true, Inert: true,
			Doc: "Allowed several sessions with one client id. Use shared subscriptions.",
			Advice: func(v Value) string {
				if v.On() {
					return "has no effect, because a client id has one session; use shared subscriptions to spread messages over several clients"
				}
				return ""
			}},
		{Key: "trade_consistency", Kind: Flag, NoDefault: true,
			Doc: "on sets the four allow_…_during_netsplit keys that are not set themselves."},
		{Key: "max_queued_messages", Kind: Int, NoDefault: true, Alias: "max_online_messages"},
		{Key: "message_size_limit", Kind: Int, NoDefault: true,
			Doc: "Never had an effect in later versions. Use max_message_size."},
		{Key: "leveldb_message_store.directory", Kind: Dir, NoDefault: true, Alias: "vmq_generic_msg_store.store_dir"},
		{Key: "generic_message_store_engine", Kind: String, NoDefault: true, Doc: "Chose the engine of the message store."},
		{Key: "log.crash.size", Kind: ByteSize, NoDefault: true, Alias: "log.crash.rotation.size"},
		{Key: "log.error.redirect", Kind: String, NoDefault: true, Doc: "Moved messages of libraries into the error log."},
		{Key: "log.error.messages_per_second", Kind: Int, NoDefault: true, Doc: "Limited the messages of libraries."},
		{Key: "vmq_pulse.api_key", Kind: String, Secret: true, NoDefault: true, Doc: "Belonged to a service that is gone."},
		{Key: "vmq_pulse.url", Kind: String, NoDefault: true, Doc: "Belonged to a service that is gone."},
		{Key: "vmq_pulse.push_interval", Kind: String, NoDefault: true, Doc: "Belonged to a service that is gone."},
		{Key: "vmq_pulse.connect_timeout", Kind: String, NoDefault: true, Doc: "Belonged to a service that is gone."},
		{Key: "plugins.vmq_pulse", Kind: String, NoDefault: true, Doc: "Belonged to a service that is gone."},
		{Key: "vmq_bridge.registry_mfa", Kind: String, NoDefault: true, Doc: "Internal to an Erlang node."},
		{Key: "vmq_diversity.mongodb.r_mode", Kind: String, NoDefault: true,
			Doc: "Superseded by vmq_diversity.mongodb.read_preference."},
		{Key: "plumtree.outstandind_limit", Kind: Int, NoDefault: true, Doc: "Misspelled in old versions."},
		{Key: "acl_file", Kind: File, NoDefault: true, Alias: "vmq_acl.acl_file"},
		{Key: "acl_reload_interval", Kind: Int, NoDefault: true, Alias: "vmq_acl.acl_reload_interval"},
		{Key: "password_file", Kind: File, NoDefault: true, Alias: "vmq_passwd.password_file"},
		{Key: "password_reload_interval", Kind: Int, NoDefault: true, Alias: "vmq_passwd.password_reload_interval"},
		{Key: "plugin_dir", Kind: Dir, NoDefault: true, Doc: "Directory of plugins written for an Erlang node."},
		{Key: "plugin_config", Kind: File, NoDefault: true, Doc: "Configuration of plugins written for an Erlang node."},
		{Key: "mqtt.connect.timeout", Kind: Int, NoDefault: true, Alias: "mqtt_connect_timeout"},
		{Key: "vmq_reg_view", Kind: String, NoDefault: true, Alias: "default_reg_view"},
		{Key: "graphite.interval", Kind: Int, NoDefault: true, Alias: "graphite_interval"},
		{Key: "vmq_diversity.script", Kind: Dir, NoDefault: true, Alias: "vmq_diversity.script_dir"},
		{Key: "listener.ssl.capath", Kind: Dir, NoDefault: true, Doc: "Never existed for listeners. Use listener.ssl.cafile."},
		{Key: "listener.wss.capath", Kind: Dir, NoDefault: true, Doc: "Never existed for listeners. Use listener.wss.cafile."},
	},
}

// legacyPrefixes are the beginnings of whole families of keys that were renamed.
var legacyPrefixes = []struct{ from, to string }{
	{"bridge.tcp.", "vmq_bridge.tcp."},
	{"bridge.ssl.", "vmq_bridge.ssl."},
	{"listeners.http.", "listener.http."},
	{"listeners.https.", "listener.https."},
}
