package passwd

import (
	"context"
	"runtime"
)

// verifiers bounds how many costly hashes are verified at a time. Each takes a core for tens of milliseconds, and Argon2id tens of
// megabytes besides, so in a flood of logins the clients wait for each other and leave cores to the event loops. Those whose connect timeout
// ends before their turn are not verified at all.
type verifiers chan struct{}

// newVerifiers makes room for n at a time. 0: for half of the cores.
func newVerifiers(n int) verifiers {
	if n <= 0 {
		n = max(1, runtime.GOMAXPROCS(0)/2)
	}
	return make(verifiers, n)
}

// matches is h.Matches, as soon as its turn comes. The error is that of ctx.
func (v verifiers) matches(ctx context.Context, h *Hash, password []byte) (bool, error) {
	select {
	case v <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-v }()
	return h.Matches(password), ctx.Err()
}
