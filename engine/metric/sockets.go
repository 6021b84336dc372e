package metric

var socketFamilies = []family{
	counter("socket_open", "Client connections that were opened.", func(r *Reading) uint64 { return r.SocketOpen }),
	counter("socket_close", "Client connections that ended, for whatever reason.", func(r *Reading) uint64 { return r.SocketClose }),
	counter("socket_close_timeout", "Client connections that were closed because no CONNECT came in time.",
		func(r *Reading) uint64 { return r.SocketCloseTimeout }),
	counter("socket_error", "Client connections that ended with an error of the transport.", func(r *Reading) uint64 { return r.SocketError }),
	counter("bytes_received", "Bytes of MQTT packets that clients sent.", func(r *Reading) uint64 { return r.BytesReceived }),
	counter("bytes_sent", "Bytes of MQTT packets that were sent to clients.", func(r *Reading) uint64 { return r.BytesSent }),

	gauge("active_mqtt_connections", "Open client connections over TCP, TLS and unix sockets.",
		func(r *Reading) uint64 { return r.Connections }),
	gauge("active_mqttws_connections", "Open client connections over WebSocket.", func(r *Reading) uint64 { return r.WebSockets }),
	gauge("total_active_connections", "Open client connections.", func(r *Reading) uint64 { return r.Connections + r.WebSockets }),
}
