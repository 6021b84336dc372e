package clients

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// mosquitto is a client made of Debian's mosquitto_pub and mosquitto_sub. A connection of mosquitto_sub begins with its
// subscription, and each publish is a connection of mosquitto_pub with a client id of its own.
type mosquitto struct {
	kind kind
	o    options
	in   *inbox
	sub  *exec.Cmd     // nil before subscribe
	done chan struct{} // closed when sub has ended
}

// subFormat is a line for each message: fields between tabs, the payload last and in hexadecimal because it may hold any
// byte. The mark tells these lines from what -d prints.
const (
	subMark   = "MSG\t"
	subFormat = `MSG\t%t\t%q\t%r\t%E\t%S\t%C\t%R\t%P\t%x`
)

// granted is the line of mosquitto_sub -d for a SUBACK with one code.
var granted = regexp.MustCompile(`^Subscribed \(mid: \d+\): (\d+)`)

// disconnected is its line for a DISCONNECT of the broker.
var disconnected = regexp.MustCompile(`received DISCONNECT \((\d+)\)`)

func connectMosquitto(_ context.Context, k kind, o options, in *inbox) (client, connack, error) {
	for program, pkg := range map[string]string{
		"mosquitto_pub": "mosquitto-clients", "mosquitto_sub": "mosquitto-clients", "stdbuf": "coreutils",
	} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, connack{}, missing(program, pkg, err)
		}
	}
	return &mosquitto{kind: k, o: o, in: in}, connack{}, nil
}

// version is the -V of the protocol version.
func (m *mosquitto) version() string {
	return map[byte]string{3: "mqttv31", 4: "mqttv311", 5: "mqttv5"}[m.kind.version]
}

func (m *mosquitto) subscribe(ctx context.Context, s subscription) (byte, error) {
	if m.sub != nil {
		return 0, errors.New("mosquitto_sub subscribes once for each connection")
	}
	// mosquitto_sub writes its lines into a buffer and flushes that with the next message only; with stdbuf its SUBACK shows.
	args := []string{"-oL", "mosquitto_sub", "-h", brokerHost, "-p", brokerPort, "-V", m.version(), "-i", m.o.ID, "-d",
		"-t", s.Filter, "-q", strconv.Itoa(int(s.QoS)), "-F", subFormat}
	if m.o.Keep {
		args = append(args, "-c")
		if m.kind.v5() {
			args = append(args, "-x", strconv.Itoa(int(m.o.SessionExpiry)))
		}
	}
	if w := m.o.Will; w != nil {
		args = append(args, "--will-topic", w.Topic, "--will-payload", string(w.Payload), "--will-qos", strconv.Itoa(int(w.QoS)))
		if w.Retain {
			args = append(args, "--will-retain")
		}
	}
	if s.ID != 0 {
		args = append(args, "-D", "subscribe", "subscription-identifier", strconv.Itoa(s.ID))
	}
	m.sub = exec.Command("stdbuf", args...)
	var stderr bytes.Buffer
	m.sub.Stderr = &stderr
	stdout, err := m.sub.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := m.sub.Start(); err != nil {
		return 0, err
	}
	m.done = make(chan struct{})
	codes := make(chan byte, 1)
	go m.read(stdout, codes)
	select {
	case code := <-codes:
		return code, nil
	case <-m.done:
		return 0, fmt.Errorf("%s ended before SUBACK: %s", m.sub, stderr.String())
	case <-ctx.Done():
		m.drop()
		return 0, ctx.Err()
	}
}

// read takes the lines of mosquitto_sub until it ends.
func (m *mosquitto) read(stdout io.Reader, codes chan<- byte) {
	defer close(m.done)
	code := 0
	for r := bufio.NewReader(stdout); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			break
		}
		line = strings.TrimSuffix(line, "\n")
		if fields, ok := strings.CutPrefix(line, subMark); ok {
			m.in.put(parseSub(fields))
		} else if found := granted.FindStringSubmatch(line); found != nil {
			n, _ := strconv.Atoi(found[1])
			codes <- byte(n)
		} else if found := disconnected.FindStringSubmatch(line); found != nil {
			code, _ = strconv.Atoi(found[1])
		}
	}
	m.sub.Wait() // its exit code depends on who ended it
	m.in.close(code)
}

// parseSub reads a line of subFormat. A line that is none becomes a message that no test expects.
func parseSub(line string) message {
	f := strings.Split(line, "\t")
	if len(f) != 9 {
		return message{Topic: "unreadable line of mosquitto_sub: " + line}
	}
	m := message{Topic: f[0], Retain: f[2] == "1", ContentType: f[5], ResponseTopic: f[6]}
	qos, _ := strconv.Atoi(f[1])
	m.QoS = byte(qos)
	expiry, _ := strconv.Atoi(f[3])
	m.Expiry = uint32(expiry)
	for _, id := range strings.Fields(f[4]) {
		n, _ := strconv.Atoi(id)
		m.SubscriptionIDs = append(m.SubscriptionIDs, n)
	}
	for _, pair := range strings.Fields(f[7]) {
		key, value, _ := strings.Cut(pair, ":")
		m.User = append(m.User, [2]string{key, value})
	}
	m.Payload, _ = hex.DecodeString(f[8])
	return m
}

func (m *mosquitto) unsubscribe(context.Context, string) error {
	return errors.New("mosquitto_sub cannot unsubscribe while it runs")
}

// publish sends runs of messages that share topic and QoS over one connection of mosquitto_pub each: one message as a whole,
// several as lines.
func (m *mosquitto) publish(ctx context.Context, messages []message) error {
	for len(messages) > 0 {
		first := messages[0]
		n := 1
		for n < len(messages) && messages[n].Topic == first.Topic && messages[n].QoS == first.QoS {
			n++
		}
		if err := m.pub(ctx, first, messages[:n]); err != nil {
			return err
		}
		messages = messages[n:]
	}
	return nil
}

func (m *mosquitto) pub(ctx context.Context, first message, messages []message) error {
	args := []string{"-h", brokerHost, "-p", brokerPort, "-V", m.version(), "-t", first.Topic, "-q", strconv.Itoa(int(first.QoS))}
	if first.Retain {
		args = append(args, "-r")
	}
	if m.kind.v5() {
		property := func(name string, value ...string) { args = append(append(args, "-D", "publish", name), value...) }
		if first.Expiry != 0 {
			property("message-expiry-interval", strconv.Itoa(int(first.Expiry)))
		}
		if first.ContentType != "" {
			property("content-type", first.ContentType)
		}
		if first.ResponseTopic != "" {
			property("response-topic", first.ResponseTopic)
		}
		if first.Correlation != nil {
			property("correlation-data", string(first.Correlation))
		}
		for _, pair := range first.User {
			property("user-property", pair[0], pair[1])
		}
	}
	var stdin bytes.Buffer
	switch {
	case len(messages) == 1 && len(first.Payload) == 0:
		args = append(args, "-n")
	case len(messages) == 1:
		args = append(args, "-s")
		stdin.Write(first.Payload)
	default:
		args = append(args, "-l")
		for _, one := range messages {
			if slices.Contains(one.Payload, '\n') {
				return fmt.Errorf("mosquitto_pub -l sends lines, and %q has several", one.Payload)
			}
			stdin.Write(one.Payload)
			stdin.WriteByte('\n')
		}
	}
	pub := exec.CommandContext(ctx, "mosquitto_pub", args...)
	pub.Stdin = &stdin
	if out, err := pub.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", pub, err, out)
	}
	return nil
}

// lockup is how long mosquitto_sub may take to end on a signal before it counts as locked up.
const lockup = 3 * time.Second

// disconnect ends mosquitto_sub with SIGTERM, on which it sends DISCONNECT. Its signal handler takes locks: where the signal
// comes while the program holds one, as it does for a moment while it acknowledges a message, it waits for itself and never
// ends. Then it is killed, so that its connection ends without DISCONNECT; a test that needs one here receives nothing first.
func (m *mosquitto) disconnect(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, lockup)
	defer cancel()
	if err := m.end(bounded, syscall.SIGTERM); err == nil || ctx.Err() != nil {
		return err
	}
	return m.end(ctx, syscall.SIGKILL)
}

// drop ends mosquitto_sub before it can send anything.
func (m *mosquitto) drop() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return m.end(ctx, syscall.SIGKILL)
}

func (m *mosquitto) end(ctx context.Context, signal syscall.Signal) error {
	if m.sub == nil {
		return nil
	}
	if err := m.sub.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
