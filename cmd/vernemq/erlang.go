package main

import (
	"fmt"

	"github.com/vernemq/vmq/internal/locate"
)

// ertspath prints the directory of the programs, in place of that of an Erlang runtime, for scripts that look for programs there.
func ertspath(term terminal) error {
	dir, err := locate.Programs()
	if err != nil {
		return err
	}
	fmt.Fprintln(term.out, dir)
	return nil
}

// escript runs nothing.
func escript(term terminal) error {
	fmt.Fprintln(term.errs, "vernemq escript needs an Erlang runtime, which this broker does not have.")
	return exitCode(1)
}
