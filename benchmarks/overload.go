package benchmarks

// overload is pairs with publishers that wait for nobody. A broker that reads faster than it can deliver, or than the
// load generator can take, must drop: compare what is delivered per second, and how much is lost, rather than CPU for a
// message.
var overload = Scenario{
	Name:  "overload",
	About: "50 publishers to 50 subscribers, QoS 0, 64 B, as fast as the broker reads",
	Args:  []string{"pairs", "--publishers=50", "--qos=0", "--payload=64"},
}
