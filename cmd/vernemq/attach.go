package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/vernemq/vmq/engine/admin"
)

// attach runs the commands of vmq-admin that are typed, one a line and without that word, in a node that is up, until the input
// ends. There is no shell inside of a node to attach to; this is what such a shell was used for. skipPing leaves the look whether
// the node is up to the first command.
func attach(p place, term terminal, skipPing bool) error {
	c, err := p.find()
	if err != nil {
		return err
	}
	if !skipPing && !answers(c) {
		fmt.Fprintln(term.errs, "Node did not respond to ping!")
		return exitCode(1)
	}
	prompt := ""
	if isTerminal(term.in) {
		prompt = c.Node.Name + "> "
		fmt.Fprintln(term.out, "Type commands as vmq-admin takes them, without that word. Ctrl-D ends this and leaves the node running.")
	}
	lines := bufio.NewScanner(term.in)
	for fmt.Fprint(term.out, prompt); lines.Scan(); fmt.Fprint(term.out, prompt) {
		words := strings.Fields(lines.Text())
		if len(words) > 0 && words[0] == "vmq-admin" {
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		if words[0] != "ping" { // which is no command of vmq-admin, but was always the first thing to try
			words = append([]string{admin.Verb, admin.Pipe}, words...)
		}
		if _, err := call(context.Background(), c, term.out, words...); err != nil {
			fmt.Fprintln(term.errs, notResponding(c))
			return exitCode(1)
		}
	}
	return lines.Err()
}
