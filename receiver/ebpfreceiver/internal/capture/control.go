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
	return c.control.change(func(w *bpf.SocketControl) {
		w.Paused = 0
		if paused {
			w.Paused = 1
		}
	})
}

// SetKept tells the hooks which share of what the sampling ratio wants is to get a
// record, from 0 to 1; the others are shed. Errors and slow exchanges that are
// always wanted are not touched by it.
func (c *Capture) SetKept(share float64) error {
	return c.control.change(func(w *bpf.SocketControl) {
		w.KeepNone = 0
		w.KeepBelow = allHashes
		if share < 1 {
			w.KeepBelow = uint64(share * float64(c.control.sampleBelow))
		}
	})
}

// SetKeptNone sheds every record, those that are always wanted too.
func (c *Capture) SetKeptNone() error {
	return c.control.change(func(w *bpf.SocketControl) { w.KeepBelow, w.KeepNone = 0, 1 })
}
