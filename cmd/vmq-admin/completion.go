package main

import (
	"context"
	"fmt"

	"github.com/vernemq/vmq/config"
	"github.com/vernemq/vmq/engine/admin"
)

// completeWord is the word behind which the shell gives what was typed so far.
const completeWord = "__complete"

// everything is the table with all commands that a broker may have, for help and completion without one.
func everything() *admin.Commands {
	return admin.New(admin.Options{
		Settings: noSettings{}, Keys: &admin.Keys{}, Plugins: noPlugins{}, Logs: noLogs{},
		Trace:      func(context.Context, admin.TraceOptions, func(string)) error { return nil },
		StopTraces: func() {},
		Start:      func(context.Context) error { return nil }, Stop: func(context.Context) error { return nil },
	})
}

// The parts of a broker that is not there. Nothing of them is called for help and completion.
type (
	noSettings struct{}
	noPlugins  struct{}
	noLogs     struct{}
)

func (noSettings) Set(...config.Change) error                 { return nil }
func (noSettings) Get(string) (string, bool)                  { return "", false }
func (noSettings) Effective() []config.Entry                  { return nil }
func (noSettings) Initial(string) (string, bool)              { return "", false }
func (noPlugins) Show(string, string, bool) []admin.PluginRow { return nil }
func (noPlugins) Enable(string) error                         { return nil }
func (noPlugins) Disable(string) error                        { return nil }
func (noPlugins) Check([]string) error                        { return nil }
func (noLogs) Targets() []admin.LogTarget                     { return nil }
func (noLogs) SetLevel(string, string) error                  { return nil }

// complete prints what may stand in place of the last word, one a line.
func complete(words []string, s streams) int {
	for _, w := range everything().Complete(words) {
		fmt.Fprintln(s.out, w)
	}
	return 0
}

// scripts make shells ask complete. bash splits words at =, so it is given the part behind that.
var scripts = map[string]string{
	"bash": `_vmq_admin() {
    local words cur line="${COMP_LINE:0:COMP_POINT}" IFS=$' \t\n'
    read -ra words <<< "$line"
    case "$line" in *[[:space:]]) words+=("") ;; esac
    cur="${words[${#words[@]}-1]}"
    IFS=$'\n'
    COMPREPLY=($(vmq-admin __complete "${words[@]:1}"))
    case "$cur" in *=*) COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*=}"}"}") ;; esac
    case "${COMPREPLY[0]}" in *=) compopt -o nospace ;; esac
}
complete -F _vmq_admin vmq-admin
`,
	"zsh": `#compdef vmq-admin
_vmq_admin() {
    local -a list
    list=("${(@f)$(vmq-admin __complete "${(@)words[2,CURRENT]}")}")
    compadd -Q -S '' -- $list
}
compdef _vmq_admin vmq-admin
`,
	"fish": `complete -c vmq-admin -f -a '(vmq-admin __complete (commandline -opc)[2..-1] (commandline -ct))'
`,
}

// printCompletion prints the script for a shell.
func printCompletion(args []string, s streams) int {
	if len(args) == 1 && scripts[args[0]] != "" {
		fmt.Fprint(s.out, scripts[args[0]])
		return 0
	}
	fmt.Fprintln(s.errs, "vmq-admin completion bash, zsh or fish prints a script for that shell; in bash: source <(vmq-admin completion bash)")
	return 1
}
