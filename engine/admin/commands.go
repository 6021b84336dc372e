package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vernemq/vmq/internal/invariants"
)

// Commands is the table. Its methods are for any goroutine but a loop's.
type Commands struct {
	options Options
	leaving atomic.Bool // cluster leave runs

	mu struct {
		sync.RWMutex
		list   []*Command
		groups []*Group
	}
}

// Group is the help of words that several commands begin with.
type Group struct {
	// Path are the words, such as session.
	Path string
	// Summary is its line in the help of vmq-admin.
	Summary string
	// Hidden keeps it out of there.
	Hidden bool
}

// Add puts commands into the table, below a group of their own unless there is one of that path, until remove is called: this is how the
// commands of plugins and of the cluster come and go. A path that is in the table already is replaced, and does not come back.
func (t *Commands) Add(g Group, list ...Command) (remove func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.groupLocked(g.Path) == nil {
		t.mu.groups = append(t.mu.groups, &g)
	}
	added := make([]*Command, len(list))
	for i := range list {
		added[i] = &list[i]
		if at := slices.IndexFunc(t.mu.list, func(c *Command) bool { return c.Path == list[i].Path }); at >= 0 {
			t.mu.list[at] = added[i]
			continue
		}
		t.mu.list = append(t.mu.list, added[i])
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.mu.list = slices.DeleteFunc(t.mu.list, func(c *Command) bool { return slices.Contains(added, c) })
		t.mu.groups = slices.DeleteFunc(t.mu.groups, func(x *Group) bool { return x == &g })
	}
}

func (t *Commands) groupLocked(path string) *Group {
	for _, g := range t.mu.groups {
		if g.Path == path {
			return g
		}
	}
	return nil
}

// find returns the command with exactly these words, or nil.
func (t *Commands) find(words []string) *Command {
	path := strings.Join(words, " ")
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, c := range t.mu.list {
		if c.Path == path {
			return c
		}
	}
	return nil
}

// Run executes a command: its words, arguments and flags. lines, if not nil, receives what a command that streams has to say meanwhile.
// The error is a UsageError, an InvalidError, a FailedError, ErrNodeStopped, that of ctx, or what went wrong in the node. A flag --format is
// accepted and means nothing here.
func (t *Commands) Run(ctx context.Context, line []string, lines func(string)) (Result, error) {
	p, err := t.prepare(line)
	switch {
	case err != nil:
		return nil, err
	case p.help:
		return text(p.usage), nil
	}
	return p.run(ctx, lines)
}

// Check says whether Run would refuse the line before doing anything: the UsageError or InvalidError that it would return, or nil. streams
// tells whether it is a command whose lines come while it runs.
func (t *Commands) Check(line []string) (streams bool, err error) {
	p, err := t.prepare(line)
	if err != nil {
		return false, err
	}
	return p.command != nil && p.command.Streams, nil
}

// prepared is a command line that was understood.
type prepared struct {
	commands *Commands
	command  *Command // nil for help on a group
	in       *Input
	format   string // as written; empty for none
	help     bool
	usage    string // if help
}

// prepare looks the command up and checks its arguments. The result is not nil as soon as the format is known.
func (t *Commands) prepare(line []string) (*prepared, error) {
	c, err := parse(line)
	if err != nil {
		return nil, err
	}
	p := &prepared{commands: t}
	if f, found := c.takeFlag("format", 0); found {
		p.format = f.value
	}
	_, p.help = c.takeFlag("help", 'h')
	keys := c.keywords()
	p.command = t.find(c.words)
	switch {
	case p.help:
		p.usage = t.usage(c.words)
		return p, nil
	case p.command == nil:
		return p, &UsageError{usagePrefix + t.usage(c.words) + "\n"}
	}
	p.in = &Input{Keys: keys, usage: func() string { return t.usage(c.words) }}
	if err := p.in.take(p.command, c); err != nil {
		return p, err
	}
	return p, nil
}

func (p *prepared) run(ctx context.Context, lines func(string)) (r Result, err error) {
	p.in.Broker = p.commands.broker() // once, because somebody else may stop it meanwhile
	if p.in.Broker == nil && !p.command.AfterStop {
		return nil, ErrNodeStopped
	}
	if !invariants.Enabled {
		defer func() { // a mistake in a command must not end a broker that serves clients
			if e := recover(); e != nil {
				r, err = nil, fmt.Errorf("%s: internal error: %v", p.command.Path, e)
			}
		}()
	}
	p.in.Lines = lines
	return p.command.Do(ctx, p.in)
}

// anyKey is the key of an Arg that stands for all keys, which the handler checks: set has one.
const anyKey = ""

// take checks arguments and flags against what the command knows.
func (in *Input) take(c *Command, from *call) error {
	if len(from.args) > 0 && len(c.Args) == 0 {
		return invalid("Invalid arguments: %s", joinPairs(from.args))
	}
	for _, a := range from.args {
		i := slices.IndexFunc(c.Args, func(x Arg) bool { return x.Key == a.key || x.Key == anyKey })
		if i < 0 {
			return invalid("Invalid key: %s", a.key)
		}
		if check := c.Args[i].Check; check != nil {
			if err := check(a.value); err != nil {
				return invalid("Invalid argument %s = %s: %v", a.key, a.value, err)
			}
		}
	}
	in.args = from.args
	if len(from.flags) > 0 && len(c.Flags) == 0 {
		names := make([]string, len(from.flags))
		for i, f := range from.flags {
			names[i] = f.text
		}
		return invalid("Invalid flags: %s", strings.Join(names, ", "))
	}
	for _, f := range from.flags {
		i := slices.IndexFunc(c.Flags, func(x Flag) bool { return f.name == x.Name || f.name == "" && f.short == x.Short })
		if i < 0 {
			return invalid("Invalid key: %s", f.text)
		}
		known := &c.Flags[i]
		if known.Check != nil && known.Value != "" {
			if err := known.Check(f.value, f.given); err != nil {
				return invalid("Invalid value for flag --%s: %v", known.Name, err)
			}
		}
		in.flags = append(in.flags, flagValue{known.Name, f.value, f.given})
	}
	return nil
}

func joinPairs(args []pair) string {
	list := make([]string, len(args))
	for i, a := range args {
		list[i] = a.key + "=" + a.value
	}
	return strings.Join(list, ", ")
}
