// SPDX-License-Identifier: Apache-2.0

// Package clients runs the HTTP clients of other languages and tools, each of which
// sends so many requests as it is told.
package clients // import "github.com/sloe-dev/sloe/testbed/workload/clients"
