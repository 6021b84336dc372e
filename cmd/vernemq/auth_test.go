package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/eclipse/paho.golang/paho"

	"github.com/vernemq/vmq/engine/plugin/passwd"
)

// tester is a node whose files change while clients of other projects use it.
type tester struct {
	*home
	*console
	host, port string
}

// newTester makes a home for such a node.
func newTester(t *testing.T) *tester {
	t.Helper()
	for _, program := range []string{"mosquitto_pub", "mosquitto_sub"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: install the package mosquitto-clients (make tools does)", err)
		}
	}
	return &tester{home: newHome(t, "")}
}

// start starts the node, which looks at its files every second.
func (x *tester) start(args ...string) {
	x.t.Helper()
	x.console = x.home.console(append([]string{"-o", "listener.tcp.default=127.0.0.1:0", "-o", "listener.tcp.allowed_protocol_versions=3,4,5",
		"-o", "vmq_acl.acl_reload_interval=1", "-o", "vmq_passwd.password_reload_interval=1"}, args...)...)
	lines := x.until("msg=ready")
	var err error
	if x.host, x.port, err = net.SplitHostPort(address(x.t, lines)); err != nil {
		x.t.Fatal(err)
	}
}

// users writes the password file.
func (x *tester) users(s passwd.Scheme, pairs ...string) {
	x.t.Helper()
	var text strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		h := passwd.NewHash(s, []byte(pairs[i+1]))
		text.WriteString(pairs[i] + ":" + h.String() + "\n")
	}
	x.write("etc/vmq.passwd", text.String())
}

// pub publishes with mosquitto_pub and returns its exit code.
func (x *tester) pub(version, user, password, topic string) int {
	x.t.Helper()
	args := []string{"-h", x.host, "-p", x.port, "-V", version, "-q", "1", "-t", topic, "-m", "hello"}
	if user != "" {
		args = append(args, "-u", user, "-P", password)
	}
	err := exec.Command("mosquitto_pub", args...).Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		x.t.Fatal(err)
	}
	if err == nil {
		return 0
	}
	return exit.ExitCode()
}

// sub starts mosquitto_sub and returns its output when the broker has answered the SUBSCRIBE.
func (x *tester) sub(filter string, answer string, args ...string) *bytes.Buffer {
	x.t.Helper()
	cmd := exec.Command("stdbuf", append([]string{"-oL", "mosquitto_sub", "-h", x.host, "-p", x.port, "-V", "5", "-q", "1", "-d", "-v", "-t", filter}, args...)...)
	out, w, err := os.Pipe()
	if err != nil {
		x.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	w.Close()
	x.t.Cleanup(func() {
		_ = cmd.Process.Kill() // it ends by itself where it is refused
		_ = cmd.Wait()
		out.Close()
	})
	seen := &bytes.Buffer{}
	readUntil(x.t, out, seen, answer)
	return seen
}

func readUntil(t *testing.T, r io.Reader, seen *bytes.Buffer, text string) {
	t.Helper()
	b := make([]byte, 1)
	for !strings.Contains(seen.String(), text) {
		if _, err := r.Read(b); err != nil {
			t.Fatalf("it ended before it said %q: %s", text, seen)
		}
		seen.Write(b)
	}
}

// connect5 connects with MQTT 5 and returns the code of the CONNACK, and a client if it is 0.
func (x *tester) connect5(user, password string) (*paho.Client, byte) {
	x.t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(x.host, x.port))
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { conn.Close() })
	c := paho.NewClient(paho.ClientConfig{ClientID: "five", Conn: conn})
	ack, err := c.Connect(x.t.Context(), &paho.Connect{
		ClientID: "five", CleanStart: true, KeepAlive: 60, Username: user, UsernameFlag: true, Password: []byte(password), PasswordFlag: true,
	})
	if err != nil && ack == nil {
		x.t.Fatal(err)
	}
	return c, ack.ReasonCode
}

// code5 publishes and returns the reason code of the PUBACK.
func code5(ctx context.Context, c *paho.Client, topic string) byte {
	ack, _ := c.Publish(ctx, &paho.Publish{Topic: topic, QoS: 1, Payload: []byte("x")})
	if ack == nil {
		return 0xFF
	}
	return ack.ReasonCode
}

// TestUsersAndRules follows both files through their life: who gets in, who may do what, and what changes while clients are connected.
func TestUsersAndRules(t *testing.T) {
	x := newTester(t)
	x.users(passwd.SHA512, "bob", "one")
	x.write("etc/vmq.acl", "topic open/#\nuser bob\ntopic bob/#\npattern read own/%u\n")
	x.start()
	for _, p := range []struct {
		version, user, password, topic string
		code                           int
	}{
		{"mqttv311", "bob", "one", "bob/x", 0},
		{"mqttv31", "bob", "one", "open/x", 0},
		{"mqttv5", "bob", "one", "open/x", 0},
		{"mqttv311", "bob", "two", "bob/x", 4},
		{"mqttv31", "bob", "two", "bob/x", 4},
		{"mqttv5", "bob", "two", "bob/x", 134},
		{"mqttv311", "al", "one", "bob/x", 5},
		{"mqttv311", "", "", "bob/x", 5},
		{"mqttv5", "al", "one", "bob/x", 134},
	} {
		if got := x.pub(p.version, p.user, p.password, p.topic); got != p.code {
			t.Errorf("%s, user %q, password %q: mosquitto_pub ends with %d, want %d", p.version, p.user, p.password, got, p.code)
		}
	}
	if lines := x.until("plugin=invalid_credentials"); slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "two") }) {
		t.Errorf("the log shows a password: %s", lines)
	}
	five, code := x.connect5("bob", "one")
	if code != 0 {
		t.Fatalf("CONNACK with code %#x", code)
	}
	if got := code5(t.Context(), five, "bob/x"); got != 0 && got != 0x10 {
		t.Errorf("PUBACK with code %#x for a topic that is allowed", got)
	}
	if got := code5(t.Context(), five, "own/bob"); got != 0x87 {
		t.Errorf("PUBACK with code %#x for a topic that may only be read", got)
	}
	x.sub("own/bob", "Subscribed (mid: 1): 1", "-u", "bob", "-P", "one", "-i", "s1")
	x.sub("own/al", "Subscribed (mid: 1): 135", "-u", "bob", "-P", "one", "-i", "s2")

	// A rule goes: the subscription ends, and what may be published changes for a client that is connected.
	x.write("etc/vmq.acl", "user bob\ntopic write own/bob\n")
	x.until("subscriptions have ended")
	if got := code5(t.Context(), five, "own/bob"); got != 0 && got != 0x10 {
		t.Errorf("PUBACK with code %#x for a topic that has become allowed", got)
	}
	if got := code5(t.Context(), five, "bob/x"); got != 0x87 {
		t.Errorf("PUBACK with code %#x for a topic that was allowed", got)
	}

	// Another password, of another kind; then a mistake, which changes nothing.
	x.users(passwd.Argon2id, "bob", "two")
	x.until("password file read")
	if old, now := x.pub("mqttv311", "bob", "one", "own/bob"), x.pub("mqttv311", "bob", "two", "own/bob"); old != 4 || now != 0 {
		t.Errorf("after another password: the old one ends with %d, the new one with %d", old, now)
	}
	x.write("etc/vmq.passwd", "bob:plain\n")
	if l := last(x.until("the password file is not taken over")); !strings.Contains(l, "vmq.passwd:1: ") || strings.Contains(l, "plain") || !strings.Contains(l, "level=ERROR") {
		t.Errorf("the line about the mistake: %s", l)
	}
	x.write("etc/vmq.acl", "nonsense\n")
	if l := last(x.until("the ACL file is not taken over")); !strings.Contains(l, "vmq.acl:1: ") {
		t.Errorf("the line about the mistake: %s", l)
	}
	if got := x.pub("mqttv311", "bob", "two", "own/bob"); got != 0 {
		t.Errorf("after mistakes in both files: mosquitto_pub ends with %d", got)
	}
	if got := x.run("stop"); got.code != 0 {
		t.Errorf("stop: %+v", got)
	}
	if code := x.wait(); code != 0 {
		t.Errorf("the node ends with %d", code)
	}
}

func last(lines []string) string { return lines[len(lines)-1] }

// TestEmptyHome proves that a broker without any file serves whom it lets in, and says on what terms.
func TestEmptyHome(t *testing.T) {
	x := newTester(t)
	x.start("-o", "allow_anonymous=on")
	x.sub("#", "Subscribed (mid: 1): 1", "-i", "s")
	if got := x.pub("mqttv311", "", "", "a"); got != 0 {
		t.Errorf("mosquitto_pub ends with %d", got)
	}
}

// TestNamedFileIsMissing proves that nothing is allowed where the configuration names a file of rules that is not there.
func TestNamedFileIsMissing(t *testing.T) {
	x := newTester(t)
	x.start("-o", "allow_anonymous=on", "-o", "vmq_acl.acl_file=etc/rules")
	x.sub("a", "Subscribed (mid: 1): 135", "-i", "s")
}

// TestPluginsOff proves that nobody may do anything without a plugin that allows it, and that the log says so.
func TestPluginsOff(t *testing.T) {
	x := newTester(t)
	x.start("-o", "allow_anonymous=on", "-o", "plugins.vmq_acl=off", "-o", "plugins.unheard_of=on")
	x.sub("a", "Subscribed (mid: 1): 135", "-i", "s")
	x.until("no plugin decides who may publish")
}

// TestListenerPlugins proves that a listener asks its own plugins only.
func TestListenerPlugins(t *testing.T) {
	x := newTester(t)
	x.users(passwd.SHA512, "bob", "one")
	x.start("-o", "listener.tcp.default.auth_plugins=[]")
	if got := x.pub("mqttv311", "bob", "one", "a"); got != 5 {
		t.Errorf("a listener that asks nobody: mosquitto_pub ends with %d", got)
	}
	if l := last(x.until("connect refused")); !strings.Contains(l, "plugin_chain_exhausted") {
		t.Errorf("the line about it: %s", l)
	}
}

// TestMistakeAtStart proves that the broker does not come up when it would not know whom to let in.
func TestMistakeAtStart(t *testing.T) {
	for file, text := range map[string]string{"etc/vmq.passwd": "\n\nbob:plain\n", "etc/vmq.acl": "#\n\ntopic\n"} {
		h := newHome(t, "")
		h.write(file, text)
		got := h.run("console", "-o", "listener.tcp.default=127.0.0.1:0")
		if got.code != 1 || !strings.Contains(got.errs, h.path(file)+":3: ") || strings.Contains(got.errs, "plain") {
			t.Errorf("%s: %+v", file, got)
		}
	}
}
