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
	"listener.max_connections",
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
