package control

import (
	"fmt"
	"path/filepath"
	"regexp"
)

// Path is where the broker with that data directory serves its socket.
func Path(dataDir string) string { return filepath.Join(dataDir, "vernemq.sock") }

var plainName = regexp.MustCompile(`^[a-z][a-z0-9_@]*$`)

// NotResponding is the line that scripts look for when a node is down.
func NotResponding(node string) string {
	if !plainName.MatchString(node) {
		node = "'" + node + "'"
	}
	return fmt.Sprintf("Node %s not responding to pings.", node)
}
