package acl

import (
	"strings"

	"github.com/vernemq/vmq/engine/plugin/textfile"
)

// keywords are what lines begin with, the longest first where one begins another. The single blank behind them is part of them.
var keywords = []struct {
	text   string
	rights right
	scope  scope // forUser: general up to the first user line
}{
	{"topic read ", read, forUser},
	{"topic write ", write, forUser},
	{"topic ", read | write, forUser},
	{"pattern read ", read, forPattern},
	{"pattern write ", write, forPattern},
	{"pattern ", read | write, forPattern},
}

const userKeyword = "user "

// byteOrderMark at the beginning of a file is a mistake, as in VerneMQ; it deserves a text of its own because nobody sees it.
const byteOrderMark = "\uFEFF"

// parse reads an ACL file. The error is a *textfile.Mistake. Rules whose filter is not valid are left out, and skip is told which.
func parse(text string, maxDepth int, skip func(line int, filter string, why error)) (*rules, error) {
	if strings.HasPrefix(text, byteOrderMark) {
		return nil, &textfile.Mistake{Line: 1, Why: "the file begins with a byte order mark; save it without"}
	}
	r := &rules{users: make(map[string]*grants)}
	topics, user := forAll, "" // whose topic lines follow
lines:
	for n, line := range textfile.Lines(text) {
		if strings.HasPrefix(line, "#") || trim(line) == "" {
			continue
		}
		if name, is := strings.CutPrefix(line, userKeyword); is {
			topics, user = forUser, trim(name)
			continue
		}
		for _, k := range keywords {
			filter, is := strings.CutPrefix(line, k.text)
			if !is {
				continue
			}
			filter = trim(filter)
			if err := checkFilter(filter, maxDepth); err != nil {
				skip(n, filter, err)
				continue lines
			}
			s := k.scope
			if s == forUser {
				s = topics
			}
			r.add(s, user, filter, k.rights)
			continue lines
		}
		return nil, &textfile.Mistake{Line: n, Why: "expected topic, pattern, user, or # for a comment, at the beginning of the line and followed by one blank"}
	}
	r.done()
	return r, nil
}

// trim takes blanks and tabs off both ends; those within belong to the text.
func trim(s string) string { return strings.Trim(s, " \t") }
