// SPDX-License-Identifier: Apache-2.0

// Package counted is what servers that count have in common. They run as processes of
// their own, and their counters are read through their standard input and output: no
// socket is involved that could itself be captured.
package counted // import "github.com/sloe-dev/sloe/testbed/workload/counted"
