package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// terminal is where a command reads and writes.
type terminal struct {
	in        *os.File
	out, errs io.Writer
}

// exitCode is the error of a command that has printed everything itself.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// run executes one command line and returns the exit code.
func run(args []string, term terminal) int {
	args, quiet := dropErlangFlags(args)
	root := newRoot(term, quiet)
	root.SetArgs(args)
	err := root.Execute()
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(term.errs, "vernemq:", err)
	return 1
}

// erlangFlags are what containers and service files add to console for an Erlang node; here they mean that standard input is
// left alone.
var erlangFlags = []string{"-noshell", "-noinput", "-detached"}

// dropErlangFlags takes them out of the arguments and tells whether there were any.
func dropErlangFlags(args []string) (rest []string, found bool) {
	for _, a := range args {
		if slices.Contains(erlangFlags, a) {
			found = true
			continue
		}
		rest = append(rest, a)
	}
	return rest, found
}

const usageShort = `Usage: vernemq COMMAND [--config FILE] [--home DIR] [-o key=value ...]

  console      run the broker in the foreground
  start        run it in the background
  stop         stop it
  restart      stop it and start it again
  ping         is it answering?
  getpid       its process id
  chkconfig    check the configuration
  check        look whether the data directory of a broker that is down is sound
  backup DIR   copy the data of the running broker into a new directory
  config       print effective values and where each comes from; config effective | generate | describe KEY
  attach       type commands of vmq-admin in a running broker
  completion   print what a shell needs to complete commands: bash, zsh, fish or powershell
  version      print the version
  help         explain the commands
`

const usageLong = usageShort + `
Flags:
  --config FILE    configuration file (default etc/vernemq.conf below the home directory; without it the built-in defaults hold)
  --home DIR       where relative paths of the configuration start (default $VERNEMQ_HOME, else the current directory; but that of
                   the unpacked release which this program is part of, if only that one has an etc/vernemq.conf)
  -o key=value     set a key of the configuration for this command; repeat it for more, the last one of a key wins

start waits until the broker serves its listeners, at most as many seconds as WAIT_FOR_ERLANG in the environment says (15). stop and
the others find the broker through the control socket in its data directory, so they need the --home, --config and -o of its
start. SIGTERM and SIGINT stop a broker in order; a second one stops it at once. SIGHUP makes it open its log
files again, unless it reads commands from a terminal.

Environment:
  VERNEMQ_HOME        as --home
  WAIT_FOR_ERLANG     seconds that start waits
  DOCKER_VERNEMQ_KEY  a key of the configuration, with two underscores for each dot: DOCKER_VERNEMQ_LOG__CONSOLE=console
  NOTIFY_SOCKET, WATCHDOG_USEC   set by systemd, which is told when the broker is ready, alive and stopping

Files: etc/vernemq.conf, data/ and log/ below the home directory; /var/run/vernemq/vernemq.pid, where that can be written.
Exit code 0 if the command did what it says, else 1.
`

// newRoot makes the command with its subcommands. noInput says that console must not read standard input.
func newRoot(term terminal, noInput bool) *cobra.Command {
	var p place
	root := &cobra.Command{
		Use: "vernemq", Short: "MQTT broker",
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.ArbitraryArgs, // a word that is no command gets the usage too, as it always did
		Run:  func(*cobra.Command, []string) { fmt.Fprint(term.out, usageShort) },
	}
	root.SetOut(term.out)
	root.SetErr(term.errs)
	root.SetHelpFunc(func(*cobra.Command, []string) { fmt.Fprint(term.out, usageLong) })
	root.SetHelpCommand(&cobra.Command{Use: "help", Run: func(*cobra.Command, []string) { fmt.Fprint(term.out, usageLong) }})
	flags := root.PersistentFlags()
	flags.StringVar(&p.config, "config", "", "configuration file")
	flags.StringVar(&p.home, "home", "", "where relative paths start")
	flags.StringArrayVarP(&p.overrides, "override", "o", nil, "key=value")

	add := func(use string, do func(args []string) error) *cobra.Command {
		c := &cobra.Command{Use: use, Args: cobra.NoArgs, RunE: func(_ *cobra.Command, args []string) error { return do(args) }}
		root.AddCommand(c)
		return c
	}
	console := add("console", func([]string) error { return runConsole(p, term, noInput) })
	console.Args = cobra.ArbitraryArgs // containers pass through what they were started with
	console.FParseErrWhitelist = cobra.FParseErrWhitelist{UnknownFlags: true}
	add("start", func([]string) error { return start(p, term) })
	add("stop", func([]string) error { return stop(p, term) })
	add("restart", func([]string) error { return restart(p, term) })
	add("ping", func([]string) error { return ping(p, term) })
	add("getpid", func([]string) error { return getpid(p, term) })
	add("chkconfig", func([]string) error { return chkconfig(p, term) })
	add("attach", func([]string) error { return attach(p, term, false) })
	skipPing := false
	direct := add("attach-direct", func([]string) error { return attach(p, term, skipPing) })
	direct.Flags().BoolVarP(&skipPing, "force", "f", false, "do not look whether the node is up")
	add("ertspath", func([]string) error { return ertspath(term) })
	other := add("escript", func([]string) error { return escript(term) })
	other.Args, other.DisableFlagParsing = cobra.ArbitraryArgs, true
	add("version", func([]string) error { _, err := fmt.Fprintln(term.out, version); return err })
	add("check", func([]string) error { return checkStore(p, term) })
	backup := add("backup", func(args []string) error { return backup(p, term, args[0]) })
	backup.Args = cobra.ExactArgs(1)
	show := add("config", func(args []string) error { return configCommand(p, term, args) })
	show.Args = cobra.ArbitraryArgs
	show.ValidArgsFunction = completeConfig
	show.Flags().StringP("log-level", "l", "", "accepted for scripts; everything is always said")
	return root
}

// version is what `vernemq version` prints; the linker may set another one.
var version = "0.1.0"

// indent puts two blanks in front of each line.
func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ")
}
