package admin

import (
	"errors"
	"fmt"
	"strings"
)

// UsageError says that the words are no command: they are unknown, too many, or only the beginning of one. Its text is the help that is
// nearest.
type UsageError struct{ Usage string }

func (e *UsageError) Error() string { return e.Usage }

// InvalidError says that arguments cannot be understood or are not allowed. Nothing was done.
type InvalidError struct{ What string }

func (e *InvalidError) Error() string { return e.What }

// FailedError is a command that failed, where VerneMQ tells that from an alert.
type FailedError struct{ Result Result }

func (e *FailedError) Error() string {
	return strings.TrimRight(string(e.Result.AppendHuman(nil, false)), "\n")
}

// ErrNodeStopped says that the command needs the broker, which was stopped by `node stop` while its process goes on.
var ErrNodeStopped = errors.New("the broker is stopped; vmq-admin node start starts it again")

func invalid(format string, args ...any) error {
	return &InvalidError{fmt.Sprintf(format, args...)}
}
