// SPDX-License-Identifier: Apache-2.0

// Package filter decides which processes' requests are counted: lists of
// conditions on who a process is and on the port that it serves or calls. It knows
// no kernel: its verdicts are masks that kernel and receiver compare alike.
package filter // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/filter"
