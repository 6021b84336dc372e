package session

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"

	"github.com/vernemq/vmq/codec"
)

// clientID returns the id to use, or why there is none. The default limit lets in what the standard wants [MQTT-3.1.3-5].
func (s *Session) clientID(p *codec.Connect) (string, codec.ReasonCode) {
	switch {
	case len(p.ClientID) > s.settings.MaxClientIDSize && !isAssigned(p.ClientID):
		return "", codec.ClientIdentifierNotValid // [MQTT-3.1.3-8], [MQTT-3.1.3-9 v3.1.1]
	case len(p.ClientID) > 0:
		return string(p.ClientID), codec.Success
	case p.Version == codec.V31 || p.Version == codec.V311 && !p.CleanStart:
		return "", codec.ClientIdentifierNotValid // [MQTT-3.1.3-8 v3.1.1]
	}
	// [MQTT-3.1.3-6], [MQTT-3.1.3-7]
	var random [21]byte
	rand.Read(random[:])
	s.assigned = true
	return assignedPrefix + base64.StdEncoding.EncodeToString(random[:]), codec.Success
}

// What client ids look like that the broker makes.
const (
	assignedPrefix = "anon-"
	assignedLength = len(assignedPrefix) + 28
)

// isAssigned says whether the id may be one that the broker made: its client comes back under it, and no limit is in the way.
func isAssigned(id []byte) bool {
	return len(id) == assignedLength && bytes.HasPrefix(id, []byte(assignedPrefix))
}
