package admin

import (
	"context"
	"time"
)

// TraceOptions say whom to trace and how much of it to show.
type TraceOptions struct {
	// ClientID and Mountpoint name the client, connected or not.
	ClientID, Mountpoint string
	// RateMax events within RateInterval are shown; one more ends the trace.
	RateMax      int
	RateInterval time.Duration
	// TruncPayload is how many bytes of a payload are shown.
	TruncPayload int
}

// Defaults of the flags of trace client.
const (
	defaultRateMax      = 10
	defaultRateInterval = 100 // ms
	defaultTruncPayload = 200 // bytes
)

func (t *Commands) traceCommands() []Command {
	return []Command{
		{
			Path: "trace client", Synopsis: "client-id=<ClientID> [--mountpoint=<Mountpoint>] [--rate-max=<number>] [--rate-interval=<ms>] [--trunc-payload=<bytes>]",
			Summary: "Trace a client",
			Help: "Shows each packet and each call of a plugin of one client, whether it is connected or connects later, until it\n" +
				"is interrupted. Passwords are not shown. One client of a node can be traced at a time.",
			Args:    []Arg{{Key: "client-id", Value: "<ClientID>", Help: "Client id."}},
			Streams: true,
			Flags: []Flag{
				mountpointFlag("Mountpoint of the client."),
				{Name: "rate-max", Value: "<number>", Help: "The trace ends when there are more events than this in an interval. Default: 10.", Check: isNumber(1)},
				{Name: "rate-interval", Value: "<ms>", Help: "That interval. Default: 100.", Check: isNumber(1)},
				{Name: "trunc-payload", Value: "<bytes>", Help: "How much of a payload is shown. Default: 200.", Check: isNumber(0)},
			},
			Do: t.traceClient,
		},
		{
			Path: "trace stop_all", Summary: "End the trace that runs", Help: "Ends the trace that runs, if somebody has begun one.",
			Do: func(context.Context, *Input) (Result, error) {
				t.options.StopTraces()
				return Result{}, nil
			},
		},
	}
}

func (t *Commands) traceClient(ctx context.Context, in *Input) (Result, error) {
	id := in.Arg("client-id")
	if id == "" {
		return in.explain()
	}
	m, ok := mountpoint(in)
	if !ok {
		return badMountpoint, nil
	}
	lines := in.Lines
	if lines == nil {
		lines = func(string) {}
	}
	err := t.options.Trace(ctx, TraceOptions{
		ClientID: id, Mountpoint: m, RateMax: in.Int("rate-max", defaultRateMax),
		RateInterval: time.Duration(in.Int("rate-interval", defaultRateInterval)) * time.Millisecond,
		TruncPayload: in.Int("trunc-payload", defaultTruncPayload),
	}, lines)
	if err != nil {
		return alert(capital(err.Error())), nil
	}
	return alert("Done."), nil
}
