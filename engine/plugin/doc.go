// Package plugin runs the plugins of a broker: it knows which ones there are, starts those that the configuration switches on, keeps them
// in the order in which they are asked, and puts their hooks in force. The plugins themselves lie in packages below it:
//
//	passwd    who may connect, from a file of users and password hashes
//	acl       who may publish and subscribe to what, from a file of rules
//	httppub   messages that come over HTTP
//	textfile  what the first two need: a file that is read again and again while the broker runs
//
// A plugin is an Instance, which starts and stops, and implements hooks of package hook beside that. It sees the broker through these
// hooks only; whatever else it needs comes with its options, from whoever makes its Kind.
//
//	instance.go  what a plugin is
//	manage.go    Manager: start, enable, disable
//	order.go     which one is asked first
//	show.go      what `vmq-admin plugin show` prints
package plugin
