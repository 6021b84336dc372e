package passwd

import (
	"hash/maphash"
	"strings"

	"github.com/vernemq/vmq/engine/plugin/textfile"
)

// table holds the users of one file. It does not change, so any goroutine may look into it.
type table struct {
	users  map[string]int32 // place of the hash
	hashes []Hash
	seed   maphash.Seed
}

// parse reads a password file. The error is a *textfile.Mistake.
func parse(text string) (*table, error) {
	t := &table{users: make(map[string]int32), seed: maphash.MakeSeed()}
	for n, line := range textfile.Lines(text) {
		if line == "" {
			continue
		}
		user, h, err := ParseLine(line)
		if err != nil {
			return nil, &textfile.Mistake{Line: n, Why: err.Error()}
		}
		if i, known := t.users[user]; known {
			t.hashes[i] = h // the last line wins
			continue
		}
		t.users[strings.Clone(user)] = int32(len(t.hashes)) // the text, with everybody's hash in it, need not stay
		t.hashes = append(t.hashes, h)
	}
	return t, nil
}

// find returns the hash of a user. For a name that nobody has it returns that of somebody, and false: verifying it takes as long as for one of
// the users, always the same one for the same name, so that the time of an answer does not tell which names exist. nil if there are no users.
func (t *table) find(user string) (h *Hash, known bool) {
	if i, known := t.users[user]; known {
		return &t.hashes[i], true
	}
	if len(t.hashes) == 0 {
		return nil, false
	}
	return &t.hashes[maphash.String(t.seed, user)%uint64(len(t.hashes))], false
}
