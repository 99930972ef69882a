// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"unsafe"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// Listener is a process that listens at a port, or did; one without a process and
// a port is many closed ones.
type Listener = bpf.SocketListenKey

// maxRereads bounds how often listeners are read again that were closed meanwhile.
const maxRereads = 5

// insertAnonymousListener makes the key that takes the counts of a full map.
func (c *Capture) insertAnonymousListener() error {
	if err := c.objects.ListenDrops.Put(Listener{}, uint64(0)); err != nil {
		return fmt.Errorf("prepare the listeners: %w", err)
	}
	return nil
}

// findListeners looks for listeners that are older than the hooks. It finds those of
// the processes that the collector can see.
func (c *Capture) findListeners() error {
	if _, err := walk(c.programs["find_listeners"], nil); err != nil {
		return fmt.Errorf("look for listeners: %w", err)
	}
	return nil
}

// ListenerDrops returns how many connections each listener had no room for, since it
// is known. Those without a drop are not among them.
func (c *Capture) ListenerDrops() (map[Listener]uint64, error) {
	closed, err := c.closedListeners()
	for range maxRereads {
		if err != nil {
			return nil, err
		}
		var b []byte
		if b, err = walk(c.programs["list_listeners"], c.objects.Listeners); err != nil {
			return nil, err
		}
		// one that is closed in between would be in neither, or in both
		again, err := c.closedListeners()
		if err != nil {
			return nil, err
		}
		if !maps.Equal(closed, again) {
			closed = again
			continue
		}
		return addOpen(closed, b), nil
	}
	return nil, errors.New("listeners are closed faster than they can be read")
}

func addOpen(drops map[Listener]uint64, listed []byte) map[Listener]uint64 {
	var s bpf.SocketListenerStat
	size := int(unsafe.Sizeof(s))
	for ; len(listed) >= size; listed = listed[size:] {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&s)), size), listed)
		drops[s.Key] += s.Dropped
	}
	return drops
}

func (c *Capture) closedListeners() (map[Listener]uint64, error) {
	out := map[Listener]uint64{}
	var key Listener
	var n uint64
	it := c.objects.ListenDrops.Iterate()
	for it.Next(&key, &n) {
		if n > 0 {
			out[key] = n
		}
	}
	if err := it.Err(); err != nil {
		return nil, fmt.Errorf("read the closed listeners: %w", err)
	}
	return out, nil
}

// forgetListeners deletes the counts of processes that are gone, in one walk.
func (c *Capture) forgetListeners(gone []record.Process) {
	if len(gone) == 0 {
		return
	}
	closed, err := c.closedListeners()
	if err != nil {
		return // the next one that is gone finds them no worse
	}
	for key := range closed {
		if slices.Contains(gone, key.Process) {
			_ = c.objects.ListenDrops.Delete(key) // absent is as good
		}
	}
}
