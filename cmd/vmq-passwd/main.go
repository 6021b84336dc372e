// Command vmq-passwd manages the users of a password file. No broker needs to run; one that does reads the file again by itself.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(os.Args[1:], &terminal{in: os.Stdin, out: os.Stdout, errs: os.Stderr})) }

const usage = `Usage: vmq-passwd [--hash SCHEME] [-c | -cf | -D] FILE USER
       vmq-passwd [--hash SCHEME] -U FILE

Adds a user to a password file, or gives it another password, which is asked for twice. If standard input is no terminal, its first
two lines are the password.

  -c, -cf        make a new file with this user; an existing one is overwritten
  -D             delete the user
  -U             replace passwords by hashes in a file of USER:PASSWORD lines; lines that hold a hash already stay
  --hash SCHEME  sha512 (the default, which VerneMQ reads too), pbkdf2 (as mosquitto 2 has it) or argon2id
`

// run does what the arguments say and returns the exit code.
func run(args []string, t *terminal) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Fprint(t.out, usage)
		return 0
	}
	o, err := parseArguments(args)
	switch {
	case o == nil && err == nil:
		fmt.Fprint(t.out, usage)
		return 1
	case err == nil:
		err = o.do(t)
	}
	if err != nil {
		fmt.Fprintf(t.errs, "vmq-passwd: %v\n", err)
		return 1
	}
	return 0
}

// terminal is where passwords come from and messages go.
type terminal struct {
	in        *os.File
	out, errs io.Writer
}
