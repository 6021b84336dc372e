// Command docgen writes what is generated from the rows of package config: docs/configuration.md and config/etc/vernemq.conf. It
// is run by go generate, in the folder config.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/vernemq/vmq/config"
)

func main() {
	for path, write := range map[string]func(io.Writer) error{
		"../docs/configuration.md": config.WriteReference,
		"etc/vernemq.conf":         config.WriteShipped,
	} {
		if err := generate(path, write); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func generate(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
