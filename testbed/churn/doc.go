// SPDX-License-Identifier: Apache-2.0

// Package churn lets connections and processes be born and die by the thousand
// while the collector is reloaded again and again and its exporter fails, and looks
// at what is left behind: `make test-churn` for ten minutes, `make test` for some
// seconds.
package churn // import "github.com/sloe-dev/sloe/testbed/churn"
