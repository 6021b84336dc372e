package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/internal/control"
	"github.com/vernemq/vmq/internal/locate"
)

// place says which node a command is about: the flags that every command has.
type place struct {
	config, home string
	overrides    []string
}

// load reads the configuration. The Config is not nil even if the error is config.Problems: commands that only look for the
// node go on with it.
func (p place) load() (*config.Config, error) { return locate.Config(p.home, p.config, p.overrides) }

// find loads the configuration as far as it is needed to reach a running node: mistakes in the file do not matter for that.
func (p place) find() (*config.Config, error) {
	c, err := p.load()
	if c == nil {
		return nil, err
	}
	return c, nil
}

// socketPath is where the node's commands are served.
func socketPath(c *config.Config) string { return control.Path(c.Node.DataDir) }

// call runs a command in the node and copies its output to out.
func call(ctx context.Context, c *config.Config, out io.Writer, args ...string) (int, error) {
	return control.Call(ctx, socketPath(c), args, out, io.Discard)
}

// answerPatience is how long a node may take to say that it is up. One whose process is stopped, or which waits for a disk that does not
// answer, is as good as down for those who ask.
var answerPatience = 10 * time.Second // which tests shorten

// answers tells whether the node is up.
func answers(c *config.Config) bool { return askQuickly(c, io.Discard, "ping") }

// askQuickly runs a command that a node answers at once, and tells whether it did.
func askQuickly(c *config.Config, out io.Writer, command string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), answerPatience)
	defer cancel()
	code, err := call(ctx, c, out, command)
	return err == nil && code == 0
}

// notResponding is the line that scripts look for when a node is down.
func notResponding(c *config.Config) string { return control.NotResponding(c.Node.Name) }

// report prints the problems of a configuration, one a line, or whatever else the error is.
func report(w io.Writer, prefix string, err error) {
	var problems config.Problems
	if !errors.As(err, &problems) {
		fmt.Fprintf(w, "%s%v\n", prefix, err)
		return
	}
	for _, p := range problems {
		fmt.Fprintf(w, "%s%v\n", prefix, p)
	}
}
