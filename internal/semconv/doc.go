// SPDX-License-Identifier: Apache-2.0

// Package semconv holds the names of attributes and metrics that Sloe reads and
// writes: those of the OpenTelemetry semantic conventions 1.41, the older forms
// that are still in use, and Sloe's own under `sloe.` and `sli.`.
package semconv // import "github.com/sloe-dev/sloe/internal/semconv"
