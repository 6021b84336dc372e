// Package httppub is the plugin vmq_http_pub: a POST or PUT to /restmqtt/api/v1/publish publishes a message, for programs that have HTTP and
// no MQTT client.
//
//	plugin.go   Plugin: its settings, what it needs of the broker, what it counts
//	request.go  parse: where the parameters of a message stand, which is one of three places
//	values.go   what the parameters mean
//	publish.go  Plugin.Publish: the checks in their order, and the answer
//
// It implements no hooks. It is one of those who ask: each request is authenticated and authorised by the other plugins as if an MQTT client
// had connected and published, and the answer comes when the broker may acknowledge the message, which means that it is stored where
// it has to be. Who may send requests at all, by API key, is decided before, by the HTTP listener.
package httppub
