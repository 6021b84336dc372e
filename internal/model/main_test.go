package model

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// TestMain runs more cases than rapid would, because they are cheap, and keeps no files of failures: which member of a group the broker
// chooses is random, so a case from such a file need not fail again. A flag on the command line wins.
func TestMain(m *testing.M) {
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(cases), "rapid.nofailfile": "true"} {
		if !given[name] {
			if err := flag.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}
