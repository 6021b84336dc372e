package netpoll

import "github.com/vernemq/vmq/internal/invariants"

// shaken says that this build makes reads and writes shorter at random, so that their number means nothing.
const shaken = invariants.Enabled
