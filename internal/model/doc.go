// Package model holds the broker against a simple model of itself. It holds tests only.
//
// The model is what the specification says in maps and slices, with no loops, rings, timers or indexes. Random clients do the
// same to both, and each packet that the broker sends, each drop that it counts and each queue that it keeps has to be what the
// model says.
//
//	broker_test.go      the model: clients, retained messages, what a publication is matched with
//	client_test.go      the model: one client's queue and window
//	ending_test.go      the model: connecting, taking over, wills, and the deadlines of a client that is away
//	line_test.go        packets as lines of text, which is how the two are compared
//	model_test.go       random steps, one at a time, with every answer foretold
//	steps_test.go       what these steps are
//	interleave_test.go  random steps at the same time on two loops in any order, and what must hold at the end
//	peer_test.go        the clients of that: they keep to the protocol and check that the broker does
//	main_test.go        how many cases
//
// Where the specification leaves a choice to the broker (which member of a shared subscription, which retained message first), the
// model takes over the broker's choice after checking that it is a legal one.
//
// The number of cases is that of rapid's own flags; docs/development.md says how to run more of them.
package model
