// Package acl is the plugin vmq_acl: it lets clients publish and subscribe to what a file of rules allows.
//
//	plugin.go   Plugin: the hooks, and the file that is read again while the broker runs
//	revoke.go   what becomes of subscriptions when a rule goes
//	grammar.go  parse: the lines of the file
//	filter.go   which topic filters a rule may have
//	rules.go    rules: what the general lines, those of the user and the patterns grant
//	grants.go   grants: one list of rules, short or long
//	tree.go     a long one as a tree, so that its cost is that of the topic and not of the list
//	request.go  request: what is asked for, level by level
package acl
