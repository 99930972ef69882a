// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"
	"io"
	"sync/atomic"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/sloe-dev/sloe/bpf"
)

// vanished counts the exchanges that were opened and are neither open nor ended:
// both ends of a Unix socket were closed between two sweeps. It never grows by
// one that is only on its way, and shrinks never.
type vanished struct{ n atomic.Uint64 }

// saw takes what was opened before a walk over the connections, how many the walk
// found open, and what had ended after it. An exchange that ended meanwhile may
// be in both of the latter, so the difference is a lower bound, and exact when
// nothing moves.
func (v *vanished) saw(opened, open, ended uint64) {
	if opened > open+ended && opened-open-ended > v.n.Load() {
		v.n.Store(opened - open - ended)
	}
}

// Sweep ends the exchanges of Unix sockets that were closed, which no hook tells
// of, and counts what is open. It is for one goroutine. Unless it is asked to, it
// does nothing before a Unix socket carried a request.
func (c *Capture) Sweep(always bool) error {
	if !always {
		var seen bool
		if err := c.objects.UnixSeen.Get(&seen); err != nil {
			return fmt.Errorf("look for Unix sockets: %w", err)
		}
		if !seen {
			return nil
		}
	}
	before, err := c.sums() // of the counters alone: the programs' statistics take a call each
	if err != nil {
		return err
	}
	open, err := walk(c.programs["sweep"], c.objects.Connections)
	if err != nil {
		return err
	}
	after, err := c.sums()
	if err != nil {
		return err
	}
	gone := after.Of[bpf.SocketCounterCOUNT_ANSWERED] + after.Of[bpf.SocketCounterCOUNT_ABORTED_BY_SERVER] +
		after.Of[bpf.SocketCounterCOUNT_ABORTED_BY_CLIENT] + after.Of[bpf.SocketCounterLOSS_RESPONSE_UNSEEN] + after.Of[bpf.SocketCounterCOUNT_LEFT_TO_CHUNKS]
	c.vanished.saw(before.Of[bpf.SocketCounterCOUNT_OPENED], uint64(len(open)), gone)
	return nil
}

// walk runs an iterator program over a map and returns what it wrote.
func walk(program *ebpf.Program, over *ebpf.Map) ([]byte, error) {
	it, err := link.AttachIter(link.IterOptions{Program: program, Map: over})
	if err != nil {
		return nil, fmt.Errorf("attach the iterator over connections: %w", err)
	}
	defer it.Close()
	r, err := it.Open()
	if err != nil {
		return nil, fmt.Errorf("open the iterator over connections: %w", err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("walk over the connections: %w", err)
	}
	return b, nil
}
