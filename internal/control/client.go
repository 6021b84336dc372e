package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// ErrDown says that no broker answers at the socket.
var ErrDown = errors.New("no broker answers")

// Call runs a command in the broker that serves the socket at path, copies what it says to out and, about errors, to errs, as it comes, and
// returns its exit code. The error is ErrDown if nobody serves the socket, and another one if the answer broke off.
func Call(ctx context.Context, path string, args []string, out, errs io.Writer) (code int, err error) {
	request, err := json.Marshal(args)
	if err != nil {
		return 0, err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrDown, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := conn.Write(append(request, '\n')); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrDown, err)
	}
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case err != nil:
			return 0, fmt.Errorf("the answer broke off: %w", err)
		}
		to, text := out, line[1:]
		switch line[0] {
		case markCode:
			return strconv.Atoi(text[:len(text)-1])
		case markError:
			to = errs
		case markPartial:
			text = text[:len(text)-1]
		}
		if _, err := io.WriteString(to, text); err != nil {
			return 0, err
		}
	}
}
