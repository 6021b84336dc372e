package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// setting is one key as a layer gives it, before its text is looked at.
type setting struct {
	pos     Pos
	key     string // canonical
	written string // as it stands in the file, for messages; a legacy key differs from key
	text    string
	row     *Row
}

// layers is the result of reading all sources: for each key the setting that wins.
type layers struct {
	settings map[string]setting
	broken   map[string]bool // keys of lines with a syntax error
	files    []string        // read, in order
	mainFile string          // empty if there was none
}

// put lays s over what an earlier line or layer said about its key.
func (l *layers) put(s setting) {
	if s.key == "" {
		s.key = joinKey(splitKey(s.written))
	}
	l.settings[s.key] = s
}

// Positions that are not in a file.
const (
	overrideFile = "-o"
	builtInFile  = "built-in"
)

// readLayers reads the main file, vm.args beside it, the environment and the overrides, in the order in which later ones win.
func (ld *loader) readLayers() {
	name := ld.options.File
	if name == "" {
		name = filepath.Join("etc", "vernemq.conf")
		if ld.options.Home != "" {
			name = filepath.Join(ld.options.Home, name)
		}
	}
	text, err := ld.files.ReadFile(name)
	if local, instead, found := ld.readLocal(name); found {
		name, text, err = local, instead, nil
		ld.localFile = true
	}
	switch {
	case err == nil:
		ld.mainFile = name
		r := &reader{files: ld.files, broken: ld.broken}
		r.read(name, text, 0)
		ld.problems = append(ld.problems, r.problems...)
		ld.layers.files = r.opened
		for _, it := range r.items {
			ld.put(setting{pos: it.pos, written: it.key, text: it.value})
		}
	case os.IsNotExist(err) && ld.options.File == "":
		if !ld.overridesName(Address) {
			ld.builtInListeners()
		}
	default:
		ld.problems = append(ld.problems, Problem{Pos: Pos{File: name, Line: 1}, What: reason(err),
			Right: "name a readable file with --config"})
	}
	ld.readVMArgs(filepath.Join(filepath.Dir(name), "vm.args"))
	ld.noteAdvancedConfig(filepath.Join(filepath.Dir(name), "advanced.config"))
	ld.readEnvironment()
	ld.readOverrides()
}

// builtInListeners are those of a broker without any file, both for local clients only. A file is taken literally instead:
// without a listener line there is no listener. So is a command line that names listeners.
func (ld *loader) builtInListeners() {
	ld.put(setting{pos: Pos{File: builtInFile}, written: "listener.tcp.default", text: "127.0.0.1:1883"})
	ld.put(setting{pos: Pos{File: builtInFile}, written: "listener.http.default", text: "127.0.0.1:8888"})
}

// overridesName tells whether an override sets a key of that kind.
func (ld *loader) overridesName(kind Kind) bool {
	return slices.ContainsFunc(ld.options.Overrides, func(o string) bool {
		key, _, _ := strings.Cut(o, "=")
		r := ld.schema.find(strings.TrimSpace(key))
		return r != nil && r.Kind == kind
	})
}

func (ld *loader) readOverrides() {
	for i, o := range ld.options.Overrides {
		pos := Pos{File: overrideFile, Line: i + 1}
		key, value, found := strings.Cut(o, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if n := keyLength(key); !found || key == "" || n != len(key) {
			ld.problems = append(ld.problems, Problem{Pos: pos, What: fmt.Sprintf("%q is no setting", o),
				Right: "write -o key=value"})
			continue
		}
		ld.put(setting{pos: pos, written: key, text: value})
	}
}

// readVMArgs takes the node name and the cookie from a vm.args file, which replaces what vernemq.conf says about them. The
// entry point of the container image edits -name there and nothing else.
func (ld *loader) readVMArgs(name string) {
	text, err := ld.files.ReadFile(name)
	if err != nil {
		return
	}
	keys := map[string]string{"-name": "nodename", "-sname": "nodename", "-setcookie": "distributed_cookie"}
	for i, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) < 2 || keys[words[0]] == "" {
			continue
		}
		ld.put(setting{pos: Pos{File: name, Line: i + 1}, written: keys[words[0]], text: words[1]})
	}
	ld.layers.files = append(ld.layers.files, name)
	ld.warn(Pos{File: name, Line: 1}, "", "", "only -name and -setcookie of vm.args are evaluated",
		"set everything else in vernemq.conf")
}

func (ld *loader) noteAdvancedConfig(name string) {
	if _, err := ld.files.ReadFile(name); err == nil {
		ld.warn(Pos{File: name, Line: 1}, "", "", "advanced.config is not evaluated", "set what it says in vernemq.conf")
	}
}

// reason is the cause of a file error without the path, which stands in front of the message anyway.
func reason(err error) string {
	if pathErr, ok := err.(*os.PathError); ok {
		return pathErr.Err.Error()
	}
	return err.Error()
}
