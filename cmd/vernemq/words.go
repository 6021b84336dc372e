package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vernemq/vmq/config"
)

// treeHome is the directory above that of the programs, where an unpacked release has its etc/vernemq.conf; empty if this is no
// such tree. It is the home directory of those who name none, unless they stand in another one.
func treeHome() string {
	if _, err := os.Stat(filepath.Join("etc", "vernemq.conf")); err == nil {
		return ""
	}
	dir, err := programs()
	if err != nil {
		return ""
	}
	home := filepath.Dir(dir)
	if _, err := os.Stat(filepath.Join(home, "etc", "vernemq.conf")); err != nil {
		return ""
	}
	return home
}

// programs is the directory of this program and its sisters.
func programs() (string, error) {
	program, err := os.Executable()
	if err == nil {
		program, err = filepath.EvalSymlinks(program)
	}
	return filepath.Dir(program), err
}

// ertspath prints that directory, in place of that of an Erlang runtime, for scripts that look for programs there.
func ertspath(term terminal) error {
	dir, err := programs()
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

// completeConfig offers the words after `vernemq config`: its sub-commands, and the keys that describe explains.
func completeConfig(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	var words []string
	offer := func(word string) {
		if strings.HasPrefix(word, begun) {
			words = append(words, word)
		}
	}
	switch {
	case len(args) == 0:
		for _, word := range []string{"effective", "generate", "describe"} {
			offer(word)
		}
	case len(args) == 1 && args[0] == "describe":
		for _, row := range config.Rows() {
			offer(row.Key)
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}
