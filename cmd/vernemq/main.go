// Command vernemq runs and manages one broker node. See vernemq help.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], terminal{in: os.Stdin, out: os.Stdout, errs: os.Stderr}))
}
