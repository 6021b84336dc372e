// Command vmq-bench loads an MQTT broker and measures it: any broker that speaks MQTT 3.1, 3.1.1 or 5 over TCP, TLS or
// WebSocket. See
// vmq-bench --help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// The first signal ends the run in order and with a report. From then on signals do what they always do, so that a second
	// one ends the program at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := newRoot(os.Stdout, os.Stderr).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "vmq-bench:", err)
		os.Exit(1)
	}
}
