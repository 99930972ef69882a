// SPDX-License-Identifier: Apache-2.0

// Package exposition shows budgets, burn rates and states to a Prometheus that
// scrapes the endpoint, in a registry of its own: what the collector measures of
// itself is elsewhere.
package exposition // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/exposition"
