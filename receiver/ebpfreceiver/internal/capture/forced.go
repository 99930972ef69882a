// SPDX-License-Identifier: Apache-2.0

package capture

import "github.com/cilium/ebpf"

// ForcedPorts are ports of servers at which nothing but some protocols, by the
// kernel's numbers, is spoken.
type ForcedPorts struct {
	First, Last uint16
	Protocols   []uint8
}

// forcedContents returns what the kernel is to know of ports, one entry each. Of ports
// that are named twice it is the first.
func forcedContents(forced []ForcedPorts) []ebpf.MapKV {
	var out []ebpf.MapKV
	seen := map[uint32]bool{}
	for _, f := range forced {
		for port := uint32(f.First); port <= uint32(f.Last); port++ {
			if !seen[port] {
				out = append(out, ebpf.MapKV{Key: port, Value: mask(f.Protocols)})
			}
			seen[port] = true
		}
	}
	return out
}
