// Package web is the broker's HTTP side: what operators, collectors and orchestrators see with a browser or a GET.
//
// A listener (listener.http.NAME, listener.https.NAME) serves modules, each a few paths behind one rule of access. They are those of
// VerneMQ, under their names and at their paths:
//
//	modules.go      which modules there are, and their routes
//	server.go       Server: what they are made of, and the listeners
//	listener.go     Listener: one address; socket.go accepts for it
//	access.go       API keys, and limits of a request
//	prometheus.go   /metrics
//	graphite.go     the same figures, pushed to a Graphite server
//	health.go       /health and its variants
//	publish.go      /restmqtt/api/v1/publish, which a plugin answers
//	api.go          /api/v1, the commands of vmq-admin; client.go is /api/v2, a direct question about one client
//	status.go       /status.json, the contract with those who read it by program
//	page.go         /status, a page for people; history.go has its charts, problems.go what it says in plain words
//
// Everything here runs on goroutines of net/http and asks the broker through methods that are for any goroutine. Nothing is counted
// or measured on the event loops for it.
package web
