// SPDX-License-Identifier: Apache-2.0

// Package replaybed holds a test alone: a month of minutes goes through the rules
// of package rules in Prometheus's own rule engine, and through the engine of
// package alert. Both must tell the same people at the same time.
package replaybed // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/replaybed"
