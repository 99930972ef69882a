// SPDX-License-Identifier: Apache-2.0

// Package budget counts. It keeps the good and bad events of every series by
// UTC minute, over a rolling window, and knows which minutes were measured.
//
// Counts pass through two rooms. Pending takes them from the Recorder, at any
// rate and from any goroutine. Whoever owns both drains it into a Batch, makes
// the Batch durable, and only then gives it to the Ledger, which answers
// questions. So nothing is answered that a crash could take back.
//
// The package knows no HTTP, no storage and no telemetry data, and it reads no
// clock: every instant is given.
package budget // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
