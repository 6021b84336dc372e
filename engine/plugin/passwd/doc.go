// Package passwd is the plugin vmq_passwd: it lets clients in whose user name and password are in a file.
//
//	plugin.go  Plugin: the hooks, and the file that is read again while the broker runs
//	table.go   the users of one file
//	line.go    ParseLine: a line of the file
//	hash.go    Hash: what a line knows of a password
//	format.go  the three ways to write a hash
//	verify.go  costly hashes are verified on few workers
//
// The program vmq-passwd writes the file with NewHash.
package passwd
