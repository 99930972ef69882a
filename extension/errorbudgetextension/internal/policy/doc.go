// SPDX-License-Identifier: Apache-2.0

// Package policy turns error budgets into a verdict: may this service be
// released now, and how. It is a function of what it is given; it knows no
// clock, no HTTP, no storage and no telemetry data.
package policy // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
