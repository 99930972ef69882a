// SPDX-License-Identifier: Apache-2.0

// Package rules turns a catalogue into recording and alert rules for Prometheus,
// with unit tests for promtool and dashboards for Grafana.
//
// The rules hold to the following, whatever the naming profile:
//
//   - A ratio is a number from 0 to 1, never NaN. Without traffic it says that
//     nothing failed; if every event is bad it says so, also when no good event
//     was ever counted; without data there is none.
//   - An alert reads recorded series only, of its own group.
//   - Bounds are exact decimals: an alert fires when the burn is greater than its
//     factor, and not when it is equal.
//   - A group has at most 20 rules, which is Mimir's limit.
//   - Prometheus 2.42 and later reads them.
package rules // import "github.com/sloe-dev/sloe/internal/rules"
