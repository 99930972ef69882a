// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"
	"time"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// AggregateKey tells aggregates apart.
type AggregateKey = bpf.SocketAggregateKey

// Aggregate is what spilled under a key since the last call of Aggregates.
type Aggregate struct {
	Key     AggregateKey
	Count   uint64
	Sum     time.Duration
	Buckets []uint64 // one more than there are edges
}

// aggregatesSeen holds what was taken of each key so far: the kernel's values are
// cumulative, since reading and deleting would lose concurrent updates.
type aggregatesSeen map[AggregateKey]bpf.SocketAggregate

// insertAnonymous makes the keys without a process, which take the counts of a
// full map.
func (c *Capture) insertAnonymous() error {
	cpus := make([]bpf.SocketAggregate, possibleCPUs())
	for _, role := range []uint8{record.RoleServer, record.RoleClient} {
		keys := []AggregateKey{
			{Role: role, Protocol: record.ProtocolHTTP1, Outcome: record.AbortedByServer},
			{Role: role, Protocol: record.ProtocolHTTP1, Outcome: record.AbortedByClient},
		}
		for class := range uint8(6) {
			keys = append(keys, AggregateKey{Role: role, Protocol: record.ProtocolHTTP1, StatusClass: class})
		}
		for _, k := range keys {
			if err := c.objects.Aggregates.Put(k, cpus); err != nil {
				return fmt.Errorf("prepare the aggregates: %w", err)
			}
		}
	}
	return nil
}

// Aggregates returns what spilled since the last call. It is for one goroutine.
func (c *Capture) Aggregates() ([]Aggregate, error) {
	var out []Aggregate
	var key AggregateKey
	var cpus []bpf.SocketAggregate
	it := c.objects.Aggregates.Iterate()
	for it.Next(&key, &cpus) {
		var sum bpf.SocketAggregate
		for i := range cpus {
			sum.Count += cpus[i].Count
			sum.SumNs += cpus[i].SumNs
			for b, n := range cpus[i].Buckets {
				sum.Buckets[b] += n
			}
		}
		before := c.seen[key]
		if sum.Count == before.Count {
			continue
		}
		// the three are updated one after the other: what is between them now is
		// taken next time, and the count is what the buckets hold
		a := Aggregate{Key: key, Sum: time.Duration(sum.SumNs - before.SumNs), Buckets: make([]uint64, c.edges+1)}
		for b := range a.Buckets {
			a.Buckets[b] = sum.Buckets[b] - before.Buckets[b]
			a.Count += a.Buckets[b]
		}
		sum.Count = before.Count + a.Count
		c.seen[key] = sum
		if a.Count > 0 {
			out = append(out, a)
		}
	}
	if err := it.Err(); err != nil {
		return out, fmt.Errorf("read the aggregates: %w", err)
	}
	return out, nil
}

// forgetAggregates deletes the keys of a process that is gone and was read.
func (c *Capture) forgetAggregates(p record.Process) {
	for key := range c.seen {
		if key.Process == p {
			// absent is as good: the map may have been cleared under memory pressure
			_ = c.objects.Aggregates.Delete(key)
			delete(c.seen, key)
		}
	}
}
