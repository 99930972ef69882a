// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"encoding/binary"
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
type vanished struct {
	n atomic.Uint64
	// of is the same by whose they are: of all that had exchanges on Unix sockets, under
	// the reason unix_closed_unseen.
	of map[UnmeasuredKey]uint64
}

// lack is how many of the exchanges that were opened before a walk over the
// connections were neither found open by it nor had ended after it. One that ended
// meanwhile may be in both of the latter, so it is a lower bound, and exact when
// nothing moves.
func lack(opened, open, ended uint64) uint64 {
	if opened > open+ended {
		return opened - open - ended
	}
	return 0
}

// Sweep ends the exchanges of Unix sockets that were closed, which no hook tells
// of, and counts what is open. It is for the goroutine of Aggregates. Unless it is
// asked to, it does nothing before a Unix socket carried a request.
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
	unixBefore, err := c.unixExchanges()
	if err != nil {
		return err
	}
	b, err := walk(c.programs["sweep"], c.objects.Connections)
	if err != nil {
		return err
	}
	open, openOf, err := decodeOpen(b)
	if err != nil {
		return err
	}
	unixAfter, err := c.unixExchanges()
	if err != nil {
		return err
	}
	after, err := c.sums()
	if err != nil {
		return err
	}
	gone := after.Of[bpf.SocketCounterCOUNT_ANSWERED] + after.Of[bpf.SocketCounterCOUNT_ABORTED_BY_SERVER] +
		after.Of[bpf.SocketCounterCOUNT_ABORTED_BY_CLIENT] + after.Of[bpf.SocketCounterLOSS_RESPONSE_UNSEEN] + after.Of[bpf.SocketCounterCOUNT_LEFT_TO_CHUNKS]
	c.vanished.n.Store(max(c.vanished.n.Load(), lack(before.Of[bpf.SocketCounterCOUNT_OPENED], open, gone)))
	for key, u := range unixBefore {
		c.vanished.of[key] = max(c.vanished.of[key], lack(u.Opened, openOf[key], unixAfter[key].Ended))
	}
	return nil
}

// unixExchanges returns how many exchanges on Unix sockets were opened and ended, by
// whose they are.
func (c *Capture) unixExchanges() (map[UnmeasuredKey]bpf.SocketUnixExchanges, error) {
	out := map[UnmeasuredKey]bpf.SocketUnixExchanges{}
	var key UnmeasuredKey
	var sums bpf.SocketUnixExchanges
	it := c.objects.UnixExchanges.Iterate()
	for it.Next(&key, &sums) {
		out[key] = sums
	}
	if err := it.Err(); err != nil {
		return nil, fmt.Errorf("read the exchanges of Unix sockets: %w", err)
	}
	return out, nil
}

// decodeOpen counts what the program sweep wrote: all open exchanges, and those of
// Unix sockets by whose they are.
func decodeOpen(b []byte) (open uint64, of map[UnmeasuredKey]uint64, err error) {
	of = map[UnmeasuredKey]uint64{}
	var key UnmeasuredKey
	for ; len(b) > 0; open++ {
		n, err := binary.Decode(b, binary.NativeEndian, &key)
		if err != nil {
			return open, of, fmt.Errorf("an open exchange of %d bytes: %w", len(b), err)
		}
		b = b[n:]
		if key.Reason == uint8(bpf.SocketUnmeasuredReasonUNMEASURED_UNIX_CLOSED) {
			of[key]++
		}
	}
	return open, of, nil
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
