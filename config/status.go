package config

import "slices"

// served are the keys that the broker acts on today. A key of no runtime and no older version that is missing here is
// accepted, checked, and followed by the warning that its feature is not built yet: whoever builds it adds it here.
var served = []string{
	"allow_anonymous",
	"max_client_id_size",
	"max_subscriptions_per_client",
	"persistent_client_expiration",
	"max_last_will_delay",
	"suppress_lwt_on_session_takeover",
	"disconnect_on_unauthorized_publish_v3",
	"logging.keepalive_as_warning",
	"retry_interval",
	"max_inflight_messages",
	"max_message_rate",
	"max_message_size",
	"mqtt_connect_timeout",
	"upgrade_outgoing_qos",
	"max_online_messages",
	"max_offline_messages",
	"queue_type",
	"queue_deliver_mode",
	"override_max_online_messages",
	"topic_max_depth",
	"topic_alias_max_client",
	"topic_alias_max_broker",
	"receive_max_client",
	"receive_max_broker",
	"shared_subscription_policy",
	"systree_enabled",
	"systree_interval",
	"systree_mountpoint",
	"systree_qos",
	"systree_retain",
	"subscriber_retain_mode",
	"expire_retain_cache",
	"default_reg_view",
	"reg_views",
	"nodename",
	"platform_data_dir",
	"setup.data_dir",
	"erlang.max_ports",
	"log.console",
	"log.console.level",
	"log.console.file",
	"log.console.console.format",
	"log.console.file.format",
	"listener.max_connection_lifetime",
	"listener.tcp.max_connection_lifetime",
	"listener.tcp.NAME.max_connection_lifetime",
	"listener.tcp.forward_connection_opts",
	"listener.tcp.NAME.forward_connection_opts",
	"listener.ssl.forward_connection_opts",
	"listener.ssl.NAME.forward_connection_opts",
	"listener.ws.forward_connection_opts",
	"listener.ws.NAME.forward_connection_opts",
	"listener.wss.forward_connection_opts",
	"listener.wss.NAME.forward_connection_opts",
	"listener.max_connections",
	"listener.ssl.max_connection_lifetime",
	"listener.ssl.NAME.max_connection_lifetime",
	"listener.ws.max_connection_lifetime",
	"listener.ws.NAME.max_connection_lifetime",
	"listener.wss.max_connection_lifetime",
	"listener.wss.NAME.max_connection_lifetime",
	"listener.ssl.use_identity_as_username",
	"listener.ssl.NAME.use_identity_as_username",
	"listener.wss.use_identity_as_username",
	"listener.wss.NAME.use_identity_as_username",
	"listener.tcp.proxy_protocol_use_cn_as_username",
	"listener.tcp.NAME.proxy_protocol_use_cn_as_username",
	"listener.ws.proxy_protocol_use_cn_as_username",
	"listener.ws.NAME.proxy_protocol_use_cn_as_username",
	"listener.ws.NAME.proxy_xff_use_cn_as_username",
	"listener.ws.NAME.proxy_xff_cn_header",
	"listener.mountpoint",
	"listener.tcp.NAME",
	"listener.tcp.max_connections",
	"listener.tcp.mountpoint",
	"listener.tcp.allowed_protocol_versions",
	"listener.tcp.buffer_sizes",
	"listener.tcp.NAME.max_connections",
	"listener.tcp.NAME.mountpoint",
	"listener.tcp.NAME.allowed_protocol_versions",
	"listener.tcp.NAME.buffer_sizes",
	"listener.tcp.NAME.allow_anonymous_override",
	"listener.tcp.proxy_protocol",
	"listener.tcp.NAME.proxy_protocol",
	"listener.ssl.NAME",
	"listener.ssl.NAME.allow_anonymous_override",
	"listener.ssl.max_connections",
	"listener.ssl.NAME.max_connections",
	"listener.ssl.mountpoint",
	"listener.ssl.NAME.mountpoint",
	"listener.ssl.allowed_protocol_versions",
	"listener.ssl.NAME.allowed_protocol_versions",
	"listener.ssl.buffer_sizes",
	"listener.ssl.NAME.buffer_sizes",
	"listener.ssl.cafile",
	"listener.ssl.NAME.cafile",
	"listener.ssl.certfile",
	"listener.ssl.NAME.certfile",
	"listener.ssl.keyfile",
	"listener.ssl.NAME.keyfile",
	"listener.ssl.keypasswd",
	"listener.ssl.NAME.keypasswd",
	"listener.ssl.depth",
	"listener.ssl.NAME.depth",
	"listener.ssl.ciphers",
	"listener.ssl.NAME.ciphers",
	"listener.ssl.eccs",
	"listener.ssl.NAME.eccs",
	"listener.ssl.crlfile",
	"listener.ssl.NAME.crlfile",
	"listener.ssl.require_certificate",
	"listener.ssl.NAME.require_certificate",
	"listener.ssl.tls_version",
	"listener.ssl.NAME.tls_version",
	"listener.ssl.tls_handshake_timeout",
	"listener.ssl.NAME.tls_handshake_timeout",
	"listener.ssl.psk_support",
	"listener.ssl.NAME.psk_support",
	"max_ws_frame_size",
	"crl_refresh_interval",
	"listener.ws.NAME",
	"listener.ws.NAME.allow_anonymous_override",
	"listener.ws.max_connections",
	"listener.ws.NAME.max_connections",
	"listener.ws.mountpoint",
	"listener.ws.NAME.mountpoint",
	"listener.ws.allowed_protocol_versions",
	"listener.ws.NAME.allowed_protocol_versions",
	"listener.ws.proxy_protocol",
	"listener.ws.NAME.proxy_protocol",
	"listener.ws.proxy_xff_support",
	"listener.ws.NAME.proxy_xff_support",
	"listener.ws.proxy_xff_trusted_intermediate",
	"listener.ws.NAME.proxy_xff_trusted_intermediate",
	"listener.ws.NAME.max_request_line_length",
	"listener.ws.NAME.max_header_value_length",
	"listener.wss.NAME",
	"listener.wss.NAME.allow_anonymous_override",
	"listener.wss.max_connections",
	"listener.wss.NAME.max_connections",
	"listener.wss.mountpoint",
	"listener.wss.NAME.mountpoint",
	"listener.wss.allowed_protocol_versions",
	"listener.wss.NAME.allowed_protocol_versions",
	"listener.wss.cafile",
	"listener.wss.NAME.cafile",
	"listener.wss.certfile",
	"listener.wss.NAME.certfile",
	"listener.wss.keyfile",
	"listener.wss.NAME.keyfile",
	"listener.wss.keypasswd",
	"listener.wss.NAME.keypasswd",
	"listener.wss.depth",
	"listener.wss.NAME.depth",
	"listener.wss.ciphers",
	"listener.wss.NAME.ciphers",
	"listener.wss.eccs",
	"listener.wss.NAME.eccs",
	"listener.wss.crlfile",
	"listener.wss.NAME.crlfile",
	"listener.wss.require_certificate",
	"listener.wss.NAME.require_certificate",
	"listener.wss.tls_version",
	"listener.wss.NAME.tls_version",
	"listener.wss.tls_handshake_timeout",
	"listener.wss.NAME.tls_handshake_timeout",
	"listener.wss.NAME.max_request_line_length",
	"listener.wss.NAME.max_header_value_length",
}

// status tells what the broker makes of a row.
func (r *Row) status() Status {
	switch {
	case r.Group.Title == legacyRows.Title:
		return Legacy
	case r.Runtime:
		return RuntimeOnly
	case slices.Contains(served, r.Key):
		return Served
	}
	return NotBuilt
}

// acts tells whether a value of the row asks for something that the broker would have to do.
func (r *Row) acts(v Value) bool {
	if r.DefaultActs {
		return r.Kind != Flag || v.On()
	}
	if r.NoDefault {
		return true
	}
	d, wrong := r.convert(r.Default)
	return wrong != nil || !r.same(v, d)
}

// allGroups is every group, in the order of the reference page and of the shipped file.
func allGroups() []*Group {
	listeners, lua, bridge := listenerGroup(), luaGroup(), bridgeGroup()
	return []*Group{
		copyGroup(accessRows), copyGroup(sessionRows), copyGroup(queueRows), copyGroup(mqtt5Rows), &listeners,
		copyGroup(routingRows), copyGroup(nodeRows), copyGroup(clusterRows), copyGroup(webRows), copyGroup(metricRows),
		copyGroup(pluginRows), copyGroup(fileAuthRows), copyGroup(webhookRows), &lua, copyGroup(bcryptRows), &bridge,
		copyGroup(httpPubRows), copyGroup(webUIRows), copyGroup(logRows), copyGroup(storageRows), copyGroup(metadataRows),
		copyGroup(runtimeRows), copyGroup(legacyRows),
	}
}

// copyGroup leaves the rows of the package untouched, because a schema completes its own.
func copyGroup(g Group) *Group {
	g.Rows = slices.Clone(g.Rows)
	return &g
}
