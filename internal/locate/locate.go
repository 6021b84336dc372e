// Package locate finds the home directory of a node on this machine, and its configuration. The broker and the programs that ask it look in the
// same places, so that they mean the same node wherever they are called.
package locate

import (
	"os"
	"path/filepath"

	"github.com/vernemq/vmq/config"
)

// Config reads the configuration of the node whose home directory and file are named, or else of the one that VERNEMQ_HOME, the present directory
// or the place of this program tells. Overrides are key=value. The Config is not nil even if the error is config.Problems: who only looks for
// the node goes on with it.
func Config(dir, file string, overrides []string) (*config.Config, error) {
	if dir == "" {
		dir = os.Getenv("VERNEMQ_HOME")
	}
	if dir == "" && file == "" {
		dir = tree()
	}
	return config.Load(config.Options{File: file, Home: dir, Overrides: overrides, Environ: os.Environ()})
}

// tree is the directory above that of the programs, where an unpacked release has its etc/vernemq.conf; empty if this is no
// such tree. It is the home directory of those who name none, unless they stand in another one.
func tree() string {
	if _, err := os.Stat(filepath.Join("etc", "vernemq.conf")); err == nil {
		return ""
	}
	dir, err := Programs()
	if err != nil {
		return ""
	}
	home := filepath.Dir(dir)
	if _, err := os.Stat(filepath.Join(home, "etc", "vernemq.conf")); err != nil {
		return ""
	}
	return home
}

// Programs is the directory of this program and its sisters.
func Programs() (string, error) {
	program, err := os.Executable()
	if err == nil {
		program, err = filepath.EvalSymlinks(program)
	}
	return filepath.Dir(program), err
}
