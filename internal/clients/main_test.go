package clients

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vernemq/vmq/internal/deps"
	"github.com/vernemq/vmq/internal/ports"
)

// patience is how long a test waits for what must happen at once. It only bounds the wait of a test that fails, so it is
// long enough for a machine that is busy with other things.
const patience = 30 * time.Second

// brokerHost and brokerPort are where the broker under test listens, brokerWSPort where it does for WebSocket, brokerWSSPort for
// WebSocket over TLS, brokerHTTP where it has a status page, and brokerKeyed where that wants an API key. A given broker need not do the last
// three.
var (
	brokerHost    string
	brokerPort    string
	brokerWSPort  string
	brokerWSSPort string
	brokerHTTP    string
	brokerKeyed   string
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run starts the broker, runs the tests and stops what was started, also when a test failed.
func run(m *testing.M) int {
	defer stopHosts()
	if given := os.Getenv("VMQ_TEST_BROKER"); given != "" {
		var err error
		if brokerHost, brokerPort, err = net.SplitHostPort(given); err != nil {
			fmt.Fprintf(os.Stderr, "VMQ_TEST_BROKER: %v, want host:port\n", err)
			return 1
		}
		if brokerWSPort = os.Getenv("VMQ_TEST_BROKER_WS_PORT"); brokerWSPort == "" {
			fmt.Fprintln(os.Stderr, "VMQ_TEST_BROKER_WS_PORT: missing, want the port at which VMQ_TEST_BROKER speaks WebSocket")
			return 1
		}
		return m.Run()
	}

	dir, err := os.MkdirTemp("", "vmq-clients")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	b, err := startBroker(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := b.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if code != 0 {
		b.printLog()
	}
	return code
}

// broker is the process under test.
type broker struct {
	cmd    *exec.Cmd
	log    string     // file with all that it printed
	exited chan error // its end, once
}

// startBroker builds the broker below dir, starts it on a free port of the loopback interface, open to anonymous clients of
// every version, and waits until it accepts connections.
func startBroker(dir string) (*broker, error) {
	root, err := deps.Root()
	if err != nil {
		return nil, err
	}
	// go test keeps the result of a run until a file changes that the run looked at; it cannot know of the sources of a binary
	// that the run builds, so look at them.
	if _, err := deps.Sources(root); err != nil {
		return nil, err
	}
	binary := filepath.Join(dir, "vernemq")
	args := []string{"build", "-o", binary}
	if raceEnabled {
		args = append(args, "-race")
	}
	if invariantsEnabled {
		args = append(args, "-tags", "invariants")
	}
	build := exec.Command("go", append(args, "./cmd/vernemq")...)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", build, err, out)
	}

	free, _, err := ports.Reserve(5) // for all tests
	if err != nil {
		return nil, err
	}
	address, webSocket, secure := free[0].String(), free[1].String(), free[2].String()
	brokerHTTP, brokerKeyed = free[3].String(), free[4].String()
	brokerHost, brokerPort, _ = net.SplitHostPort(address)
	_, brokerWSPort, _ = net.SplitHostPort(webSocket)
	_, brokerWSSPort, _ = net.SplitHostPort(secure)
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := writeCertificate(certFile, keyFile); err != nil {
		return nil, err
	}

	b := &broker{log: filepath.Join(dir, "broker.log"), exited: make(chan error, 1)}
	out, err := os.Create(b.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	b.cmd = exec.Command(binary, "console", "--home", dir,
		"-o", "allow_anonymous=on",
		"-o", "max_client_id_size=100",
		"-o", "topic_alias_max_client=10",
		"-o", "topic_alias_max_broker=10",
		"-o", "listener.tcp.default="+address,
		"-o", "listener.tcp.allowed_protocol_versions=3,4,5",
		"-o", "listener.ws.default="+webSocket,
		"-o", "listener.ws.allowed_protocol_versions=3,4,5",
		"-o", "listener.wss.default="+secure,
		"-o", "listener.wss.default.certfile="+certFile,
		"-o", "listener.wss.default.keyfile="+keyFile,
		"-o", "listener.wss.allowed_protocol_versions=3,4,5",
		"-o", "listener.http.default="+brokerHTTP,
		"-o", "listener.http.keyed="+brokerKeyed,
		"-o", "listener.http.keyed.http_module.vmq_status_http.auth.mode=apikey")
	b.cmd.Stdout, b.cmd.Stderr = out, out
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { b.exited <- b.cmd.Wait() }()

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return b, nil
		}
		select {
		case err := <-b.exited:
			b.printLog()
			return nil, fmt.Errorf("the broker ended before it listened on %s: %v", address, err)
		case <-ctx.Done():
			b.cmd.Process.Kill()
			b.printLog()
			return nil, fmt.Errorf("the broker does not listen on %s", address)
		case <-ticker.C:
		}
	}
}

// stop asks the broker to end in order, which it must do by itself and with exit code 0.
func (b *broker) stop() error {
	select {
	case err := <-b.exited:
		return fmt.Errorf("the broker ended during the tests: %v", err)
	default:
	}
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-b.exited:
		if err != nil {
			return fmt.Errorf("the broker, asked to stop by SIGTERM: %w", err)
		}
		return nil
	case <-time.After(patience):
		b.cmd.Process.Kill()
		return errors.New("the broker does not stop on SIGTERM")
	}
}

// printLog shows the end of what the broker printed.
func (b *broker) printLog() {
	f, err := os.Open(b.log)
	if err != nil {
		return
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan(); {
		if lines = append(lines, s.Text()); len(lines) > 100 {
			lines = lines[1:]
		}
	}
	fmt.Fprintf(os.Stderr, "the last lines of the broker:\n%s\n", strings.Join(lines, "\n"))
}
