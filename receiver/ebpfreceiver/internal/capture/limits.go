// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"unsafe"

	"github.com/cilium/ebpf"

	"github.com/sloe-dev/sloe/bpf"
)

// Limits are the most entries of the kernel's maps; 0 means the default. What each
// does that is full:
//
//	Aggregates  exchanges are counted under keys without a process (aggregates_full)
//	Processes   who a process is has to be read from /proc (processes_full)
//	Buckets     processes share one rate limit (buckets_full)
//	OwnFlows    the collector's requests are counted at their servers (own_flows_full)
//
// Nothing is thrown out to make room.
type Limits struct {
	// Aggregates and Buckets are besides the entries that serve a full map.
	Aggregates, Processes, Buckets, OwnFlows int
}

// aggregateMemory bounds what the aggregates take of the kernel's memory, in bytes:
// each is there once a CPU, and all are allocated in advance.
const aggregateMemory = 32 << 20

// maxAggregates returns how many the default is on a host of some CPUs: as many as
// the map is made for, and fewer where they would take too much memory, but not so
// few that a host with some dozens of services would fill it.
func maxAggregates(made, cpus int) int {
	fits := aggregateMemory / (int(unsafe.Sizeof(bpf.SocketAggregate{})) * cpus)
	return min(made, max(fits, minAggregates))
}

const minAggregates = 1024

func (l *Limits) set(filter bool, specs map[string]*ebpf.MapSpec) {
	specs[bpf.SocketMapAggregates].MaxEntries = uint32(maxAggregates(int(specs[bpf.SocketMapAggregates].MaxEntries), possibleCPUs()))
	for name, limit := range map[string]struct{ entries, spare int }{
		bpf.SocketMapAggregates: {l.Aggregates, len(anonymousKeys(filter))},
		bpf.SocketMapProcesses:  {l.Processes, 0},
		bpf.SocketMapBuckets:    {l.Buckets, 1},
		bpf.SocketMapOwnFlows:   {l.OwnFlows, 0},
	} {
		if limit.entries > 0 {
			specs[name].MaxEntries = uint32(limit.entries + limit.spare)
		}
	}
}
