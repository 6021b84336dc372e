package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/vernemq/vmq/config"
)

// configCommand prints or checks the configuration: `vernemq config …`.
func configCommand(p place, term terminal, args []string) error {
	word := ""
	if len(args) > 0 {
		word = args[0]
	}
	switch word {
	case "":
		return showSources(p, term)
	case "effective":
		return showEffective(p, term)
	case "generate":
		return generate(p, term)
	case "describe":
		return describe(p, term, args[1:])
	}
	fmt.Fprintln(term.out, "vernemq config knows the sub-commands effective, generate and describe KEY.")
	return exitCode(1)
}

// showSources prints every key that has a value, with where the value comes from.
func showSources(p place, term terminal) error {
	c, err := p.load()
	if c == nil {
		return err
	}
	table := tabwriter.NewWriter(term.out, 0, 0, 2, ' ', 0)
	for _, e := range c.Effective() {
		fmt.Fprintf(table, "%s = %s\t# %v\n", e.Key, singleLine(e.Value), e.Source)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if err != nil {
		refuse(term.errs, err)
		return exitCode(1)
	}
	return nil
}

// showEffective prints every key that has a value. Scripts read it, so it says nothing else and never fails over a value.
func showEffective(p place, term terminal) error {
	c, err := p.load()
	if c == nil {
		return err
	}
	if err := writeEffective(term.out, c); err != nil {
		return err
	}
	advanced, err := os.ReadFile(filepath.Join(filepath.Dir(c.File), "advanced.config"))
	if c.File == "" || err != nil {
		return nil
	}
	for line := range strings.Lines(string(advanced)) {
		fmt.Fprintf(term.out, "## %s\n", strings.TrimRight(line, "\r\n"))
	}
	return nil
}

func writeEffective(w io.Writer, c *config.Config) error {
	for _, e := range c.Effective() {
		if _, err := fmt.Fprintf(w, "%s = %s\n", e.Key, singleLine(e.Value)); err != nil {
			return err
		}
	}
	return nil
}

// singleLine keeps a value with line breaks on one line; no other value is changed.
func singleLine(s string) string { return strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(s) }

const (
	// generatedKept is how many generated files stay; older ones are removed.
	generatedKept = 3
	// generatedStamp sorts by time as text.
	generatedStamp = "2006.01.02.15.04.05.000"
)

// generate checks the configuration and writes what is in force to a file below the data directory. On standard error it prints
// nothing that holds the word error unless there is one: the entry point of the container looks for that.
func generate(p place, term terminal) error {
	c, err := p.load()
	if err != nil {
		report(term.errs, "[error] ", err)
		return exitCode(1)
	}
	dir := filepath.Join(c.Node.DataDir, "generated.configs")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	name := filepath.Join(dir, "vernemq."+time.Now().UTC().Format(generatedStamp)+".conf")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // it may hold passwords
	if err != nil {
		return err
	}
	if err := errors.Join(writeEffective(f, c), f.Close()); err != nil {
		return err
	}
	if err := keepNewest(dir); err != nil {
		return err
	}
	fmt.Fprintln(term.out, "-config", name)
	return nil
}

// keepNewest removes all but the last few generated files.
func keepNewest(dir string) error {
	old, err := filepath.Glob(filepath.Join(dir, "vernemq.*.conf"))
	if err != nil {
		return err
	}
	slices.Sort(old)
	for _, name := range old[:max(len(old)-generatedKept, 0)] {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// describe explains one key.
func describe(p place, term terminal, args []string) error {
	if len(args) != 1 {
		fmt.Fprintln(term.out, "vernemq config describe KEY explains one key of the configuration.")
		return exitCode(1)
	}
	key := args[0]
	row := config.Lookup(key)
	if row == nil {
		fmt.Fprintf(term.out, "There is no key %s.\n", key)
		return nil
	}
	c, err := p.load()
	if c == nil {
		return err
	}
	fmt.Fprintf(term.out, "Documentation for %s\n%s\n", key, indent(row.Doc))
	fmt.Fprintf(term.out, "Type\n%s\n", indent(row.Kind.String()+": "+row.Accepted()))
	value := "none"
	if !row.NoDefault {
		value = row.Default
	}
	fmt.Fprintf(term.out, "Default\n%s\n", indent(value))
	fmt.Fprintf(term.out, "Status\n%s\n", indent(row.Status.String()))
	for _, e := range c.Effective() {
		if e.Key == key && e.Source != (config.Pos{}) {
			fmt.Fprintf(term.out, "Set value\n%s\n", indent(fmt.Sprintf("%s (%v)", e.Value, e.Source)))
			return nil
		}
	}
	fmt.Fprintf(term.out, "Set value\n%s\n", indent("not set"))
	return nil
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
