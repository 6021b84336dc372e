package clients

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// host is a process with a client library of another language. It holds any number of connections, each with a name:
// commands go in and events come out as lines of JSON, as testdata/paho_client.py and js/client.js describe them.
type host struct {
	library string
	start   func() (*exec.Cmd, error)

	once  sync.Once
	err   error // why it could not start
	cmd   *exec.Cmd
	stdin io.WriteCloser
	mu    struct {
		sync.Mutex
		conns map[string]*scripted
		gone  error // why it ended
	}
}

var (
	pythonHost = &host{library: "paho-python", start: pythonCommand}
	jsHost     = &host{library: "mqtt.js", start: jsCommand}
)

// stopHosts ends the processes that tests have started.
func stopHosts() {
	for _, h := range []*host{pythonHost, jsHost} {
		if h.cmd != nil {
			h.stdin.Close()
			h.cmd.Process.Kill() // Wait is called where its output is read
		}
	}
}

// pythonCommand finds a Python that has paho: the usual one, or Debian's when another comes before it in the path.
func pythonCommand() (*exec.Cmd, error) {
	var tried []string
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		out, err := exec.Command(python, "-c", "import paho.mqtt.client").CombinedOutput()
		if err == nil {
			return exec.Command(python, filepath.Join("testdata", "paho_client.py")), nil
		}
		tried = append(tried, fmt.Sprintf("%s: %v %s", python, err, out))
	}
	return nil, missing("paho for Python", "python3-paho-mqtt", strings.Join(tried, "\n"))
}

func jsCommand() (*exec.Cmd, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return nil, missing("node", "nodejs", err)
	}
	if _, err := os.Stat(filepath.Join("js", "node_modules", "mqtt")); err != nil {
		return nil, missing("mqtt.js", "npm, and run npm ci in internal/clients/js", err)
	}
	return exec.Command("node", filepath.Join("js", "client.js")), nil
}

// command is one line to the host; the fields of an operation that needs none of them stay out.
type command struct {
	Conn    string `json:"conn"`
	Op      string `json:"op"`
	Version byte   `json:"version"`

	*connectCommand
	*subscription
	Messages []message `json:"messages,omitempty"`
}

type connectCommand struct {
	options
	Protocol  string `json:"protocol"` // mqtt or ws; of mqtt.js only
	Host      string `json:"host"`
	Port      int    `json:"port"`
	Clean     bool   `json:"clean"`
	KeepAlive int    `json:"keepAlive"`
}

// event is one line from the host.
type event struct {
	Conn    string  `json:"conn"`
	Ev      string  `json:"ev"` // reply, message or closed
	Error   string  `json:"error"`
	Code    int     `json:"code"`
	Message message `json:"message"`
	connack
}

// scripted is one connection within a host.
type scripted struct {
	host    *host
	kind    kind
	name    string
	in      *inbox
	replies chan event
}

func connectPython(ctx context.Context, k kind, o options, in *inbox) (client, connack, error) {
	return pythonHost.connect(ctx, k, o, in)
}

func connectJS(ctx context.Context, k kind, o options, in *inbox) (client, connack, error) {
	return jsHost.connect(ctx, k, o, in)
}

func (h *host) connect(ctx context.Context, k kind, o options, in *inbox) (client, connack, error) {
	h.once.Do(h.run)
	if h.err != nil {
		return nil, connack{}, h.err
	}
	// A client id may connect twice, and once more while the first is there; the name of the connection is another matter.
	c := &scripted{host: h, kind: k, name: o.ID + "/" + strconv.FormatInt(unique.Add(1), 10), in: in, replies: make(chan event, 1)}
	h.mu.Lock()
	h.mu.conns[c.name] = c
	h.mu.Unlock()
	protocol, at := "mqtt", brokerPort
	if k.library == webSocketLibrary {
		protocol, at = "ws", brokerWSPort
	}
	port, err := strconv.Atoi(at)
	if err != nil {
		return nil, connack{}, err
	}
	reply, err := c.ask(ctx, command{Op: "connect",
		connectCommand: &connectCommand{options: o, Protocol: protocol, Host: brokerHost, Port: port, Clean: !o.Keep, KeepAlive: 60}})
	if err == nil && reply.Code != 0 {
		err = fmt.Errorf("CONNACK with code %d", reply.Code)
	}
	return c, reply.connack, err
}

// run starts the process and the goroutine that reads its events.
func (h *host) run() {
	h.mu.conns = map[string]*scripted{}
	cmd, err := h.start()
	if err != nil {
		h.err = err
		return
	}
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		h.err = err
		return
	}
	if h.stdin, err = cmd.StdinPipe(); err != nil {
		h.err = err
		return
	}
	if err := cmd.Start(); err != nil {
		h.err = err
		return
	}
	h.cmd = cmd
	go h.read(stdout)
}

// read gives events to their connections until the process ends.
func (h *host) read(stdout io.Reader) {
	var err error
	for d := json.NewDecoder(bufio.NewReader(stdout)); ; {
		var e event
		if err = d.Decode(&e); err != nil {
			break
		}
		h.mu.Lock()
		c := h.mu.conns[e.Conn]
		h.mu.Unlock()
		switch {
		case c == nil:
			err = fmt.Errorf("event for unknown connection %q", e.Conn)
		case e.Ev == "reply":
			c.replies <- e
		case e.Ev == "message":
			c.in.put(e.Message)
		case e.Ev == "closed":
			c.in.close(e.Code)
		}
		if err != nil {
			break
		}
	}
	wait := h.cmd.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mu.gone = fmt.Errorf("the process of %s ended: %w", h.library, errors.Join(err, wait))
	for _, c := range h.mu.conns {
		c.in.close(0)
		close(c.replies)
	}
}

// ask sends one command and waits for its reply. One command of a connection is under way at a time.
func (c *scripted) ask(ctx context.Context, cmd command) (event, error) {
	cmd.Conn, cmd.Version = c.name, c.kind.version
	line, err := json.Marshal(cmd)
	if err != nil {
		return event{}, err
	}
	c.host.mu.Lock()
	gone := c.host.mu.gone
	if gone == nil {
		_, gone = c.host.stdin.Write(append(line, '\n'))
	}
	c.host.mu.Unlock()
	if gone != nil {
		return event{}, gone
	}
	select {
	case reply, ok := <-c.replies:
		if !ok {
			c.host.mu.Lock()
			defer c.host.mu.Unlock()
			return event{}, c.host.mu.gone
		}
		if reply.Error != "" {
			return event{}, errors.New(reply.Error)
		}
		return reply, nil
	case <-ctx.Done():
		return event{}, fmt.Errorf("no answer: %w", ctx.Err())
	}
}

func (c *scripted) subscribe(ctx context.Context, s subscription) (byte, error) {
	reply, err := c.ask(ctx, command{Op: "subscribe", subscription: &s})
	return byte(reply.Code), err
}

func (c *scripted) unsubscribe(ctx context.Context, filter string) error {
	_, err := c.ask(ctx, command{Op: "unsubscribe", subscription: &subscription{Filter: filter}})
	return err
}

func (c *scripted) publish(ctx context.Context, messages []message) error {
	_, err := c.ask(ctx, command{Op: "publish", Messages: messages})
	return err
}

func (c *scripted) disconnect(ctx context.Context) error {
	_, err := c.ask(ctx, command{Op: "disconnect"})
	return err
}

func (c *scripted) drop() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := c.ask(ctx, command{Op: "drop"})
	return err
}
