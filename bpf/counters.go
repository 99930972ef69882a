// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"fmt"

	"github.com/cilium/ebpf"
)

// SumCounters adds up the counters of all CPUs and programs in the map counters of
// a receiver.
func SumCounters(counters *ebpf.Map) (sum SocketCounterValues, err error) {
	var cpus []SocketCounterValues
	for entry := range counters.MaxEntries() {
		if err := counters.Lookup(entry, &cpus); err != nil {
			return sum, fmt.Errorf("read the counters: %w", err)
		}
		for i := range cpus {
			for counter, n := range cpus[i].Of {
				sum.Of[counter] += n
			}
		}
	}
	return sum, nil
}
