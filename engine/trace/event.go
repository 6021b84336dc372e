package trace

import (
	"fmt"
	"strings"
	"time"

	"github.com/vernemq/vmq/engine/session"
)

// event is the text of one event: a header line and lines of detail below it.
type event struct {
	strings.Builder
	client *session.Traced
	trunc  int // bytes of a payload that are shown; negative: all
	fields int // written so far between the brackets of the header
}

// event begins with the time, the session, what it is about, and the client.
func (t *Trace) event(c *session.Traced, what string) *event {
	e := &event{client: c, trunc: t.options.TruncPayload}
	e.printf("%s %s ", t.now().UTC().Format(time.RFC3339), sessionID(c))
	if what != "" {
		e.printf("%s ", what)
	}
	if c.Mountpoint != "" {
		e.printf("MP: %q ", c.Mountpoint)
	}
	e.printf("CID: %q ", c.ClientID)
	return e
}

// sessionID is the address of the client, by which sessions of one client id are told apart.
func sessionID(c *session.Traced) string {
	if !c.Peer.IsValid() {
		return "unix"
	}
	return c.Peer.String()
}

func (e *event) printf(format string, args ...any) { fmt.Fprintf(e, format, args...) }

// open begins the brackets of the header line, close ends them.
func (e *event) open(name string) { e.WriteString(name + "("); e.fields = 0 }
func (e *event) close()           { e.WriteByte(')') }

// field adds "name: value" between the brackets.
func (e *event) field(name, format string, args ...any) {
	if e.fields > 0 {
		e.WriteString(", ")
	}
	e.fields++
	e.printf("%s: "+format, append([]any{name}, args...)...)
}

// flag is a field that is 0 or 1, as on the wire.
func (e *event) flag(name string, set bool) {
	n := 0
	if set {
		n = 1
	}
	e.field(name, "%d", n)
}

// user and password are the fields that say who a client is. A password is never shown.
func (e *event) credentials(user []byte, hasUser, hasPassword bool) {
	if hasUser {
		e.field("user", "%q", user)
	} else {
		e.field("user", "undefined")
	}
	if hasPassword {
		e.field("password", "pw_no_print")
	} else {
		e.field("password", "undefined")
	}
}

// detail adds a line below the header.
func (e *event) detail(format string, args ...any) { e.printf("\n    "+format, args...) }

// listMax is how many lines the list of a packet gets: a SUBSCRIBE may have millions of filters.
const listMax = 50

// list adds a line for each of n things, up to a limit.
func (e *event) list(n int, line func(i int)) {
	for i := range min(n, listMax) {
		line(i)
	}
	if n > listMax {
		e.detail("… and %d more", n-listMax)
	}
}
