// SPDX-License-Identifier: Apache-2.0

// Package burnrate holds the windows of burn-rate alerts as data: which pairs of
// windows are watched, and how fast the budget must burn in both for an alert.
// The rules for Prometheus and the alerts in the collector share them.
package burnrate // import "github.com/sloe-dev/sloe/internal/burnrate"
