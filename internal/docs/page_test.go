package docs

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// example is a command line on a page.
type example struct {
	line    int      // its number, from 1
	program string   // vernemq or vmq-admin
	args    []string // as they are written
	output  string   // the block that follows, if that is what the command prints; empty for none
}

// blockIndent is what an example begins with in Markdown.
const blockIndent = "    "

// readExamples are the command lines of a page, in their order. A line such as `vernemq start | stop` shows several.
func readExamples(page string) (list []example) {
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		text, indented := strings.CutPrefix(line, blockIndent)
		if !indented || strings.HasPrefix(text, " ") {
			continue
		}
		for _, args := range commands(text) {
			list = append(list, example{line: i + 1, program: args[0], args: args[1:], output: output(lines[i+1:])})
		}
	}
	return list
}

// commands splits a line of a block into the commands of ours that it shows; none for any other line.
func commands(line string) (list [][]string) {
	line, _, _ = strings.Cut(line, " #")
	line = strings.TrimSpace(line)
	if inner, sourced := strings.CutPrefix(line, "source <("); sourced {
		line = strings.TrimSuffix(inner, ")")
	}
	words := strings.Fields(strings.TrimPrefix(line, "sudo "))
	if len(words) == 0 {
		return nil
	}
	switch words[0] = filepath.Base(words[0]); words[0] {
	case "vernemq", "vmq-admin":
	default:
		return nil
	}
	args := words[:0:0]
	for _, w := range words {
		if w == "|" {
			list = append(list, args)
			args = []string{words[0]}
			continue
		}
		args = append(args, w)
	}
	return append(list, args)
}

// output is the block that stands behind an empty line, unless it begins with a command of its own or is not indented at all.
func output(rest []string) string {
	if len(rest) < 2 || rest[0] != "" {
		return ""
	}
	var b strings.Builder
	for _, line := range rest[1:] {
		text, indented := strings.CutPrefix(line, blockIndent)
		if !indented {
			break
		}
		if b.Len() == 0 && commands(text) != nil {
			return ""
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

// TestPage proves which lines of a page are command lines, and which block is their output.
func TestPage(t *testing.T) {
	page := `
Prose with vmq-admin set, and with code: ` + "`vernemq stop`" + `.

    sudo vernemq chkconfig      # a remark
    ./vernemq start | stop
    source <(vmq-admin completion bash)
    install bin/vernemq DIR
      vmq-admin is indented further

    vmq-admin cluster show

    a table

    vmq-admin node status

    vmq-admin node stop
`
	var got strings.Builder
	for _, e := range readExamples(page) {
		fmt.Fprintf(&got, "%d %s %s %q\n", e.line, e.program, e.args, e.output)
	}
	want := `4 vernemq [chkconfig] ""
5 vernemq [start] ""
5 vernemq [stop] ""
6 vmq-admin [completion bash] ""
10 vmq-admin [cluster show] "a table\n"
14 vmq-admin [node status] ""
16 vmq-admin [node stop] ""
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}
