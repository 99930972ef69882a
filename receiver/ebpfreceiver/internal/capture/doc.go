// SPDX-License-Identifier: Apache-2.0

// Package capture loads the kernel programs, attaches them, and reads what they
// send. It is the only user of cilium/ebpf in the receiver.
//
// Life of a Capture: Open checks what the host allows, loads and attaches; Read
// is called in a loop by one goroutine; Aggregates, OpenExchanges and Counters may
// be called from others; Detach stops the hooks and leaves what they sent to be
// read; Close frees everything.
package capture // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
