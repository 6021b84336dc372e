package main

import (
	"net"
	"os"
	"strconv"
	"time"
)

// notifier tells systemd how the service is doing (sd_notify). The zero value is for a node that no supervisor asked.
type notifier struct {
	socket string
	// beat is how often the supervisor wants to hear that the node is alive; 0: never.
	beat time.Duration
}

// openNotifier reads what the supervisor put into the environment, and takes it out, so that no child speaks for the node.
func openNotifier() notifier {
	n := notifier{socket: os.Getenv("NOTIFY_SOCKET")}
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	pid := os.Getenv("WATCHDOG_PID")
	if n.socket != "" && err == nil && usec > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.beat = time.Duration(usec) * time.Microsecond / 2 // half, as sd_watchdog_enabled(3) recommends
	}
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		os.Unsetenv(name)
	}
	return n
}

// say sends one or more assignments, a line each. A supervisor that does not listen cannot be helped.
func (n notifier) say(state string) {
	if n.socket == "" {
		return
	}
	name := n.socket // net knows a leading @ as the abstract namespace, as systemd does
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}

// watch says that the node is alive each time check returns, until stop is closed. check asks every event loop, so a node of which
// one hangs falls silent, and the supervisor restarts it.
func (n notifier) watch(stop <-chan struct{}, check func()) {
	if n.beat == 0 {
		return
	}
	ticker := time.NewTicker(n.beat)
	defer ticker.Stop()
	for {
		check()
		n.say("WATCHDOG=1")
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
	}
}
