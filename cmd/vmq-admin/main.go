// Command vmq-admin asks a running broker of this machine, and changes it. See vmq-admin --help.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], streams{out: os.Stdout, errs: os.Stderr, terminal: isTerminal(os.Stdout), file: os.Stdout}))
}
