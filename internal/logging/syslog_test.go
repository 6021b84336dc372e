package logging

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience bounds the wait of a test that fails.
const patience = 20 * time.Second

func TestSyslogUDP(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
	l := open(t, load(t, t.TempDir(), quiet+"log.syslog = on\nlog.syslog.level = warning\nlog.syslog.facility = local3\n"+
		"log.syslog.app_name = broker\nlog.syslog.remote.host = 127.0.0.1\nlog.syslog.remote.port = "+port+"\n"), nil)
	l.Logger().Info("hidden")
	l.Logger().Warn("shown", "client", "c 1")
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1000)
	n, _, err := conn.ReadFrom(b)
	// 19 is local3, 4 is warning.
	if want := `^<156>[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} \S+ broker\[\d+\]: shown client="c 1"$`; err != nil || !regexp.MustCompile(want).Match(b[:n]) {
		t.Errorf("got %q, %v, want %s", b[:n], err, want)
	}
}

func TestSyslogTCP(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	l := open(t, load(t, t.TempDir(), quiet+"log.syslog = on\nlog.syslog.format = rfc5424\nlog.syslog.remote.host = 127.0.0.1\n"+
		"log.syslog.remote.protocol = tcp\nlog.syslog.remote.port = "+port+"\n"), nil)
	l.Logger().Error("first")
	l.Logger().Debug("second")
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	for _, want := range []string{`^<27>1 \S+Z \S+ vernemq \d+ - - first$`, `^<31>1 \S+Z \S+ vernemq \d+ - - second$`} {
		size, err := in.ReadString(' ')
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(strings.TrimSpace(size))
		if err != nil {
			t.Fatal(err)
		}
		entry := make([]byte, n)
		if _, err := io.ReadFull(in, entry); err != nil || !regexp.MustCompile(want).Match(entry) {
			t.Errorf("got %q, %v, want %s", entry, err, want)
		}
	}
}

// TestSyslogDown proves that nobody waits for a service that is not there, and that the other outputs say so.
func TestSyslogDown(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	ln.Close()
	dir := t.TempDir()
	var console bytes.Buffer
	l, err := Open(load(t, dir, quiet+"log.syslog = on\nlog.syslog.remote.host = 127.0.0.1\nlog.syslog.remote.protocol = tcp\n"+
		"log.syslog.remote.port = "+port+"\n"), &console)
	if err != nil {
		t.Fatal(err)
	}
	for range queueMax + 10 {
		l.Logger().Info("x")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if text := console.String(); strings.Count(text, "syslog cannot be reached") != 1 {
		t.Errorf("the console has no single line about it in %d bytes", len(text))
	}
}

func TestSyslogAuthorities(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := load(t, dir, quiet+"log.syslog = on\nlog.syslog.format = rfc5424\nlog.syslog.remote.host = localhost\nlog.syslog.remote.protocol = tls\n"+
		"log.syslog.remote.tls.cafile = ca.pem\n")
	if _, err := Open(c, nil); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "ca.pem")) {
		t.Errorf("error %v, want one that names the file", err)
	}
}
