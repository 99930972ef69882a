// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"
	"sync"

	"github.com/cilium/ebpf"

	"github.com/sloe-dev/sloe/bpf"
)

// control is what the hooks are told while they run. The kernel reads its words
// one by one: each stands for itself.
type control struct {
	mu       sync.Mutex
	words    bpf.SocketControl
	variable *ebpf.Variable
	// sampleBelow is the configured ratio as the kernel has it.
	sampleBelow uint64
}

func (c *control) change(f func(*bpf.SocketControl)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.words)
	if err := c.variable.Set(c.words); err != nil {
		return fmt.Errorf("tell the hooks: %w", err)
	}
	return nil
}

// SetPaused tells the hooks whether records are wanted. While they are not, every
// ended exchange is spilled; what is in the ring already can be read.
func (c *Capture) SetPaused(paused bool) error {
	return c.control.change(func(w *bpf.SocketControl) { w.Paused = word(paused) })
}

// Shed tells the hooks which share, from 0 to 1, of what the sampling ratio wants
// is to get a record; the others are shed. Errors and slow exchanges that are
// always wanted are shed only with all, and payload is copied as far as detection
// and the status need it with headsOnly.
func (c *Capture) Shed(kept float64, all, headsOnly bool) error {
	return c.control.change(func(w *bpf.SocketControl) {
		w.KeepBelow = allHashes
		if kept < 1 {
			w.KeepBelow = uint64(kept * float64(c.control.sampleBelow))
		}
		w.KeepNone, w.HeadsOnly = word(all), word(headsOnly)
	})
}

func word(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
