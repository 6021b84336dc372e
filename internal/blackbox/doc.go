// Package blackbox talks to a broker in this process through sockets, for what only sockets show. It holds tests only.
//
//	broker_test.go    the broker on loopback, and a client that writes bytes and reads packets
//	segment_test.go   one conversation in pieces of every size gives the same answers
//	half_test.go      clients that close one side, break off, or stop in the midst of a packet
//	slow_test.go      a subscriber that stops reading, and goes on
//	size_test.go      the largest of everything, and what is refused from its header
//	connect_test.go   connections without a CONNECT
//	overload_test.go  more than can be carried, with an exact account of every message
//	ledger_test.go    that account
package blackbox
