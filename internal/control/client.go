package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

// ErrDown says that no broker answers at the socket. ErrForbidden is an ErrDown of which the reason is that only who runs the broker, and
// root, may open the socket, so whether one is there is not known.
var (
	ErrDown      = errors.New("no broker answers")
	ErrForbidden = fmt.Errorf("%w that this user may ask", ErrDown)
)

// Call runs a command in the broker that serves the socket at path, copies what it says to out and, about errors, to errs, as it comes, and
// returns its exit code. The error is ErrDown if nobody serves the socket, that of ctx, and another one if the answer broke off.
func Call(ctx context.Context, path string, args []string, out, errs io.Writer) (code int, err error) {
	request, err := json.Marshal(args)
	if err != nil {
		return 0, err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case errors.Is(err, os.ErrPermission):
		return 0, fmt.Errorf("%w: %w", ErrForbidden, err)
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrDown, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	_, unsent := conn.Write(append(request, '\n')) // a request that is refused before its end has an answer all the same
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case err != nil && unsent != nil:
			return 0, fmt.Errorf("%w: %w", ErrDown, unsent)
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
