package config

var webRows = Group{
	Title:   "WebSocket, TLS revocation, HTTP modules, API keys",
	Feature: "the HTTP interface",
	Rows: []Row{
		{Key: "max_ws_frame_size", Kind: Int, Default: "268435456", Words: []string{"infinity"}, Range: atLeast(1), Unit: "bytes",
			Shown: ShownLive, Feature: "MQTT over WebSocket",
			Doc: "The largest WebSocket frame; a larger one closes the connection."},
		{Key: "crl_refresh_interval", Kind: Int, Default: "60000", Range: atLeast(0), Unit: "ms", Feature: "TLS",
			Doc: "How long a revocation list (crlfile) is used before a change of the file is looked for; 0 reads it once. It is looked for every ten seconds at most."},
		{Key: "http_modules", Kind: List,
			Default: "[vmq_metrics_http,vmq_http_mgmt_api,vmq_status_http,vmq_health_http,vmq_http_v2_api]",
			Doc:     "The modules that HTTP listeners serve where they name none of their own, in Erlang's list syntax or without brackets."},
		{Key: "http_module.NAME.auth.mode", Kind: Enum, Words: []string{"apikey", "noauth"}, Default: "noauth",
			Doc: "Whether requests to HTTP module NAME need an API key."},
		{Key: "http_module.vmq_http_mgmt_api.auth.mode", Kind: Enum, Words: []string{"apikey", "noauth"}, Default: "apikey",
			Doc: "The same for the management API; keys need the scope mgmt."},
		{Key: "http_module.vmq_http_pub.auth.mode", Kind: Enum, Words: []string{"apikey", "noauth"}, Default: "apikey",
			Doc: "The same for publishing over HTTP; keys need the scope httppub."},
		{Key: "http_module.vmq_http_v2_api.auth.mode", Kind: Enum, Words: []string{"apikey", "noauth"}, Default: "apikey",
			Doc: "The same for version 2 of the API; keys need the scope api2."},
		{Key: "min_apikey_length", Kind: Int, Default: "0", Unit: "bytes",
			Doc: "The shortest API key that can be added by hand. Keys that are already there stay valid."},
		{Key: "max_apikey_expiry_days", Kind: Int, NoDefault: true, Unit: "days",
			Doc: "If set, a new API key must expire within this many days; keys without expiry can no longer be made."},
	},
}

var httpPubRows = Group{
	Title:   "Publishing over HTTP",
	Feature: "publishing over HTTP",
	Rows: []Row{
		{Key: "vmq_http_pub.mqtt_auth.mode", Kind: Enum, Words: []string{"on-behalf-of", "predefined"}, Default: "on-behalf-of",
			Shown: ShownCommented, Scope: SameForClients,
			Doc: "on-behalf-of takes client id, user and password from each request; predefined takes those below."},
		{Key: "vmq_http_pub.mqtt_auth.auth_plugin", Kind: String, Default: "mqtt", Shown: ShownCommented, Runtime: true,
			Doc: "Never had an effect."},
		{Key: "vmq_http_pub.mqtt_auth.user", Kind: String, NoDefault: true, Doc: "User name where the mode is predefined."},
		{Key: "vmq_http_pub.mqtt_auth.password", Kind: String, Secret: true, NoDefault: true,
			Doc: "Password where the mode is predefined."},
		{Key: "vmq_http_pub.mqtt_auth.client_id", Kind: String, NoDefault: true, Doc: "Client id where the mode is predefined."},
		{Key: "vmq_http_pub.mountpoint", Kind: String, NoDefault: true,
			Doc: "Mountpoint of the messages published; hooks may change it."},
	},
}

var webUIRows = Group{
	Title:   "Web user interface",
	Feature: "the web user interface",
	Rows: []Row{
		{Key: "vmq_web_ui.admin.auth", Kind: String, Default: "password", Shown: ShownCommented,
			Doc: "How the administrator logs in, shown in the interface."},
		{Key: "vmq_web_ui.admin.user_name", Kind: String, Default: "admin", Shown: ShownCommented,
			Doc: "Login name of the administrator."},
		{Key: "vmq_web_ui.admin.user_pwd", Kind: String, Secret: true, Default: "", Shown: ShownCommented,
			Doc: "Password of the administrator. Nobody can log in while it is empty."},
		{Key: "vmq_web_ui.mgmt_api.key", Kind: String, Secret: true, Default: "", Shown: ShownCommented,
			Doc: "API key for calls to the management API."},
		{Key: "vmq_web_ui.mgmt_api.port", Kind: String, Default: "", Shown: ShownCommented,
			Doc: "Port of the management API on all nodes."},
		{Key: "vmq_web_ui.mgmt_api.scheme", Kind: String, Default: "", Shown: ShownCommented,
			Doc: "http or https, for calls to the management API."},
		{Key: "vmq_web_ui.file_access.allow_read", Kind: Flag, Default: "off", Shown: ShownCommented,
			Doc: "Shows password, ACL and configuration files in the interface."},
		{Key: "vmq_web_ui.file_access.allow_write", Kind: Flag, Default: "off", Shown: ShownCommented,
			Doc: "Lets the interface change these files."},
	},
}
