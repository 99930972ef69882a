// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"sync/atomic"

	"github.com/sloe-dev/sloe/bpf"
)

// Fill is how full a map was when it was last walked over.
type Fill struct{ Entries, Max int }

// fills are what walks over the maps found. The kernel keeps no such numbers, and
// nothing walks over a map for them alone.
type fills struct{ aggregates, processes atomic.Int64 }

// Fills returns how full the maps are that the receiver walks over anyway, by name:
// the aggregates at each call of Aggregates, the processes at each call of Ended.
func (c *Capture) Fills() map[string]Fill {
	return map[string]Fill{
		bpf.SocketMapAggregates: {int(c.fills.aggregates.Load()), int(c.objects.Aggregates.MaxEntries())},
		bpf.SocketMapProcesses:  {int(c.fills.processes.Load()), int(c.objects.Processes.MaxEntries())},
	}
}
