package admin

import (
	"context"
	"errors"
)

// API is the table as the HTTP interface needs it: each answer is JSON, and what goes on for ever is no command. Its methods are for any
// goroutine but a loop's.
type API struct{ commands *Commands }

// API returns that view of the table.
func (t *Commands) API() API { return API{t} }

var errStreams = errors.New("this command does not end by itself, so it is for vmq-admin only")

// Check says whether the words and arguments are a command, with values that it can read. It runs nothing.
func (a API) Check(args []string) error {
	streams, err := a.commands.Check(args)
	if err == nil && streams {
		return errStreams
	}
	return err
}

// Run executes a command and returns what vmq-admin prints with --format=json; the caller may keep it. With an error body is the alert about it,
// or nil if that is about arguments that are not understood or not allowed; then nothing was done.
func (a API) Run(ctx context.Context, args []string) (body []byte, err error) {
	if err := a.Check(args); err != nil {
		return nil, err
	}
	r, err := a.commands.Run(ctx, args, nil)
	var failed *FailedError
	var invalid *InvalidError
	switch {
	case err == nil:
		return r.AppendJSON(nil), nil
	case errors.As(err, &invalid): // what only the command itself can tell, such as the value of a setting
		return nil, err
	case errors.As(err, &failed):
		return failed.Result.AppendJSON(nil), err
	}
	return alert(err.Error()).AppendJSON(nil), err
}
