// SPDX-License-Identifier: Apache-2.0

package protocoltest

import (
	"slices"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Collected is a protocol.Sink that keeps the calls of sessions.
type Collected struct {
	Calls []protocol.Call
	// Unknown are those that are indeterminate.
	Unknown uint64
}

// Ended implements protocol.Sink.
func (c *Collected) Ended(call *protocol.Call) {
	kept := *call
	kept.Attributes = slices.Clone(call.Attributes)
	c.Calls = append(c.Calls, kept)
}

// Upgraded implements protocol.Sink.
func (c *Collected) Upgraded(call *protocol.Call) { c.Ended(call) }

// Indeterminate implements protocol.Sink.
func (c *Collected) Indeterminate(n uint64) { c.Unknown += n }

// Boundary implements protocol.Sink.
func (*Collected) Boundary() {}

// Counted is a protocol.Sink that counts the calls of sessions and keeps none.
type Counted struct{ Calls int }

// Ended implements protocol.Sink.
func (c *Counted) Ended(*protocol.Call) { c.Calls++ }

// Upgraded implements protocol.Sink.
func (*Counted) Upgraded(*protocol.Call) {}

// Indeterminate implements protocol.Sink.
func (*Counted) Indeterminate(uint64) {}

// Boundary implements protocol.Sink.
func (*Counted) Boundary() {}
