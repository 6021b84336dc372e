package metric

// failureFamilies are the counters of what clients or authorisation got wrong.
func failureFamilies() []family {
	v := func(name, help string, of func(*Reading) *[Versions]uint64) family {
		return byVersion(name, help, func(r *Reading, v Version) uint64 { return of(r)[v] })
	}
	pubrecInvalid := v("mqtt_pubrec_invalid_error", "PUBREC packets with an unknown packet id.",
		func(r *Reading) *[Versions]uint64 { return &r.PubrecInvalid })
	pubrecInvalid.series = pubrecInvalid.series[:1] // MQTT 5 has an answer for that, so it is no error there
	return []family{
		v("mqtt_publish_auth_error", "PUBLISH packets that were not authorised.", func(r *Reading) *[Versions]uint64 { return &r.PublishAuthError }),
		v("mqtt_publish_error", "PUBLISH packets that could not be routed.", func(r *Reading) *[Versions]uint64 { return &r.PublishError }),
		v("mqtt_subscribe_auth_error", "SUBSCRIBE packets that were not authorised.", func(r *Reading) *[Versions]uint64 { return &r.SubscribeAuthError }),
		v("mqtt_subscribe_error", "SUBSCRIBE packets that failed.", func(r *Reading) *[Versions]uint64 { return &r.SubscribeError }),
		v("mqtt_unsubscribe_error", "UNSUBSCRIBE packets that failed.", func(r *Reading) *[Versions]uint64 { return &r.UnsubscribeError }),
		v("mqtt_invalid_msg_size_error", "Packets larger than max_message_size.", func(r *Reading) *[Versions]uint64 { return &r.InvalidSize }),
		v("mqtt_puback_invalid_error", "PUBACK packets with an unknown packet id.", func(r *Reading) *[Versions]uint64 { return &r.PubackInvalid }),
		pubrecInvalid,
		v("mqtt_pubcomp_invalid_error", "PUBCOMP packets with an unknown packet id.", func(r *Reading) *[Versions]uint64 { return &r.PubcompInvalid }),
		v("mqtt_protocol_error", "Connections that were closed because the client broke the rules of the protocol.",
			func(r *Reading) *[Versions]uint64 { return &r.Malformed }),
		v("client_keepalive_expired", "Connections that were closed because the client was silent for too long.",
			func(r *Reading) *[Versions]uint64 { return &r.KeepAliveExpired }),
		counter("client_expired", "Always 0; see session_expired.", none),
		counter("session_expired", "Sessions that ended because their client was away for too long.",
			func(r *Reading) uint64 { return r.SessionExpired }),
		counter("hook_events_lost", "Events that a plugin was not told, because too many about the same client waited for it.",
			func(r *Reading) uint64 { return r.HookEventsLost }),
	}
}
