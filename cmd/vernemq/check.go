package main

import (
	"fmt"
	"io"

	"github.com/vernemq/vmq/config"
)

// chkconfig checks the configuration and starts nothing.
func chkconfig(p place, term terminal) error {
	c, err := p.load()
	if err != nil {
		refuse(term.errs, err)
		return exitCode(1)
	}
	for _, w := range c.Warnings {
		fmt.Fprintln(term.errs, "warning:", w)
	}
	accept(term.out, c)
	return nil
}

// accept says that a configuration is good, and which one that is.
func accept(w io.Writer, c *config.Config) {
	fmt.Fprintln(w, "config is OK")
	file := c.File
	if file == "" {
		file = "no file, built-in defaults"
	}
	fmt.Fprintf(w, "configuration: %s; home: %s\n", file, c.Home)
}

// refuse prints every problem and how to look further.
func refuse(w io.Writer, err error) {
	report(w, "", err)
	fmt.Fprintln(w, "The configuration is refused; the lines above say why.")
	fmt.Fprintln(w, "vernemq config describe KEY explains a key, vernemq config generate -l debug checks again.")
}
