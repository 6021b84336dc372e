package clients

import "github.com/vernemq/vmq/internal/invariants"

// invariantsEnabled says that the tests run with the tag invariants, so that the broker is built with it too.
const invariantsEnabled = invariants.Enabled
