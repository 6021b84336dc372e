package benchmarks

// shared is work handed out to a group: each message goes to one of ten members.
var shared = Scenario{
	Name:  "shared",
	About: "10 publishers to 10 members of one shared subscription, MQTT 5, QoS 0, 64 B, full speed",
	Args:  []string{"shared", "--publishers=10", "--subscribers=10", "--mqtt-version=5", "--qos=0", "--payload=64"},
}
