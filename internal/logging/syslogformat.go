package logging

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/vernemq/vmq/config"
)

// facilities are the numbers of RFC 5424, table 1.
var facilities = map[string]int{
	"kern": 0, "kernel": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "syslog": 5, "lpr": 6, "news": 7, "uucp": 8, "cron": 9,
	"authpriv": 10, "ftp": 11, "ntp": 12, "logaudit": 13, "logalert": 14, "clock": 15,
	"local0": 16, "local1": 17, "local2": 18, "local3": 19, "local4": 20, "local5": 21, "local6": 22, "local7": 23,
}

// entryMax is the longest entry in bytes: what a datagram of the local service takes by default, with room to spare.
const entryMax = 8 << 10

// syslogFormat is what the head of each entry says.
type syslogFormat struct {
	rfc5424  bool
	facility int
	host     string // empty for the service of this machine, which knows it
	app      string
	pid      int
}

func newSyslogFormat(c config.Syslog) syslogFormat {
	f := syslogFormat{rfc5424: c.RFC5424, facility: facilities[c.Facility], app: c.AppName, pid: os.Getpid()}
	if f.app == "" {
		f.app = "vernemq"
	}
	if c.Host != "" || c.RFC5424 {
		if host, err := os.Hostname(); err == nil {
			f.host = host
		}
	}
	return f
}

// entry is one message as the service wants it.
func (f syslogFormat) entry(t time.Time, l slog.Level, text []byte) []byte {
	const priorities = 8 // of each facility
	_, _, severity := levelRow(l)
	head := fmt.Appendf(nil, "<%d>", f.facility*priorities+severity)
	switch {
	case f.rfc5424:
		host := f.host
		if host == "" {
			host = "-"
		}
		head = fmt.Appendf(head, "1 %s %s %s %d - - ", t.UTC().Format("2006-01-02T15:04:05.000000Z07:00"), host, f.app, f.pid)
	case f.host != "":
		head = fmt.Appendf(head, "%s %s %s[%d]: ", t.Format(time.Stamp), f.host, f.app, f.pid)
	default:
		head = fmt.Appendf(head, "%s %s[%d]: ", t.Format(time.Stamp), f.app, f.pid)
	}
	return append(head, text[:min(len(text), entryMax)]...)
}
