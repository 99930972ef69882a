// SPDX-License-Identifier: Apache-2.0

package capture

import (
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

func (l *Limits) set(filter bool, specs map[string]*ebpf.MapSpec) {
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
