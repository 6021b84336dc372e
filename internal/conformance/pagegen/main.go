// Command pagegen writes docs/conformance.md from the tables of internal/conformance and the citations in the source files. It is run
// by go generate, in the folder internal/conformance.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vernemq/vmq/internal/conformance"
	"github.com/vernemq/vmq/internal/deps"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate() error {
	root, err := deps.Root()
	if err != nil {
		return err
	}
	found, err := conformance.Scan(root)
	if err != nil {
		return err
	}
	table, problems := conformance.Join(conformance.All(), found)
	for _, p := range problems { // the page is written all the same: it shows the gaps
		fmt.Fprintln(os.Stderr, p)
	}
	var page bytes.Buffer
	if err := conformance.WritePage(&page, table); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "docs", "conformance.md"), page.Bytes(), 0o644)
}
