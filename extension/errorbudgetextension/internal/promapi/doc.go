// SPDX-License-Identifier: Apache-2.0

// Package promapi reads raw samples over the HTTP API of Prometheus, which Mimir,
// Thanos, Cortex and VictoriaMetrics have too. It knows what an answer looks like
// and nothing of what is counted.
//
// An answer is data from outside: its size is bounded, it is decoded series by
// series, and whatever is not as documented is an error.
package promapi // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promapi"
