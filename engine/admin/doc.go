// Package admin is what operators can do to a node, as one table of commands. vmq-admin, the HTTP API and shell completion are made from
// it, so a command that is added to the table is in all of them, with the same arguments, help and answers.
//
// # The path of a command
//
//	1 parse.go     words, key=value arguments and flags, by VerneMQ's rules
//	2 commands.go  Commands.Run: which command that is, and whether its arguments are allowed
//	3 command.go   Command: its description, and the handler, which returns a Result
//	4 result.go    Result: texts, tables and alerts
//	5 serve.go     Commands.Serve: format, streams and exit code, for vmq-admin
//	  human.go     tables as VerneMQ draws them
//	  json.go      objects, which the HTTP API answers with, too
//	  csv.go       tables only
//
// # What it stands on
//
// A handler asks the engine, whose answers come through the mailboxes of the loops: it takes a turn of each loop that is asked and never
// holds one up. Parts of a node that are not there, such as plugins in a broker that was embedded without any, are fields of Options left nil; their commands are
// not in the table then.
package admin
