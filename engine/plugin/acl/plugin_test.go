package acl_test

import (
	"io"
	"log/slog"
)

// quiet is for tests that do not look at the log.
var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))
