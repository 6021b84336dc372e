package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vernemq/vmq/internal/control"
	"github.com/vernemq/vmq/internal/locate"
)

// place says which broker is asked, and how long it may take.
type place struct {
	home, config, socket string
	timeout              time.Duration // 0: for ever
}

const defaultTimeout = 60 * time.Second

// split takes the flags of vmq-admin itself out of the arguments, wherever they stand. The rest is for the broker.
func split(args []string) (p *place, line []string, err error) {
	p = &place{timeout: defaultTimeout}
	for i := 0; i < len(args); i++ {
		name, value, given := strings.Cut(args[i], "=")
		var to *string
		timeout := ""
		switch name {
		case "--home":
			to = &p.home
		case "--config":
			to = &p.config
		case "--socket":
			to = &p.socket
		case "-rpctimeout":
			to = &timeout
		default:
			line = append(line, args[i])
			continue
		}
		if !given {
			if i++; i == len(args) {
				return nil, nil, fmt.Errorf("%s needs a value", name)
			}
			value = args[i]
		}
		*to = value
		if to == &timeout {
			if p.timeout, err = parseTimeout(timeout); err != nil {
				return nil, nil, err
			}
		}
	}
	return p, line, nil
}

func parseTimeout(s string) (time.Duration, error) {
	if s == "infinity" {
		return 0, nil
	}
	ms, err := strconv.Atoi(s)
	if err != nil || ms <= 0 {
		return 0, fmt.Errorf("-rpctimeout %q: expected milliseconds, or infinity", s)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// patience is how long the broker may be silent; 0: for ever.
func (p *place) patience(line []string) time.Duration {
	if endless(line) {
		return 0
	}
	return p.timeout
}

// endless tells the command that goes on until it is interrupted, and may be silent all the time: the trace of a client that does nothing.
func endless(line []string) bool { return len(line) > 0 && line[0] == "trace" }

// target is where a broker is reached.
type target struct {
	socket string
	node   string // its name, if that is known
}

// target finds the broker as the broker itself finds its configuration. Mistakes in that file do not matter here.
func (p *place) target() (target, error) {
	if p.socket != "" {
		return target{socket: p.socket}, nil
	}
	c, err := locate.Config(p.home, p.config, nil)
	if c == nil {
		return target{}, err
	}
	return target{control.Path(c.Node.DataDir), c.Node.Name}, nil
}
