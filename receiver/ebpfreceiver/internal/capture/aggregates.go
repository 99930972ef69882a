// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"

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
	// Queue and Felt are the same for the exchanges whose queue time is known: by
	// it, and by its sum with the duration.
	Queue    []uint64
	QueueSum time.Duration
	Felt     []uint64
	FeltSum  time.Duration
}

// aggregatesSeen holds what was taken of each key so far: the kernel's values are
// cumulative, since reading and deleting would lose concurrent updates.
type aggregatesSeen map[AggregateKey]bpf.SocketAggregate

// anonymousKeys are those without a process, which take the counts of a full map:
// one of each kind of exchange that there is, with a filter also of those that it
// may leave out.
func anonymousKeys(filter bool) []AggregateKey {
	var keys []AggregateKey
	walked := []uint8{0, record.ClassOK, record.ClassFailed}
	classes := map[uint8][]uint8{
		record.ProtocolHTTP1: {0, 1, 2, 3, 4, 5}, record.ProtocolRedis: walked, record.ProtocolPostgreSQL: walked,
		record.ProtocolMySQL: walked, record.ProtocolMariaDB: walked, record.ProtocolMemcached: walked,
	}
	for protocol, classes := range classes {
		for _, role := range []uint8{record.RoleServer, record.RoleClient} {
			keys = append(keys,
				AggregateKey{Role: role, Protocol: protocol, Outcome: record.AbortedByServer},
				AggregateKey{Role: role, Protocol: protocol, Outcome: record.AbortedByClient})
			for _, class := range classes {
				keys = append(keys, AggregateKey{Role: role, Protocol: protocol, StatusClass: class})
			}
		}
	}
	if filter {
		for _, k := range keys {
			k.Undecided = 1
			keys = append(keys, k)
		}
	}
	return keys
}

func (c *Capture) insertAnonymous(filter bool) error {
	cpus := make([]bpf.SocketAggregate, possibleCPUs())
	for _, key := range anonymousKeys(filter) {
		if err := c.objects.Aggregates.Put(key, cpus); err != nil {
			return fmt.Errorf("prepare the aggregates: %w", err)
		}
	}
	return nil
}

// Aggregates returns what spilled since the last call. It is for one goroutine.
func (c *Capture) Aggregates() ([]Aggregate, error) {
	var out []Aggregate
	var key AggregateKey
	var cpus []bpf.SocketAggregate
	var entries int64
	defer func() { c.fills.aggregates.Store(entries) }()
	it := c.objects.Aggregates.Iterate()
	for it.Next(&key, &cpus) {
		entries++
		sum, err := c.wholeSum(key, cpus)
		if err != nil {
			return out, fmt.Errorf("read the aggregates: %w", err)
		}
		before := c.seen[key]
		if sum.Count == before.Count {
			continue
		}
		c.seen[key] = sum
		out = append(out, Aggregate{
			Key:      key,
			Count:    sum.Count - before.Count,
			Sum:      time.Duration(sum.SumNs - before.SumNs),
			Buckets:  c.since(&sum.Buckets, &before.Buckets),
			Queue:    c.since(&sum.Queue, &before.Queue),
			QueueSum: time.Duration(sum.QueueSumNs - before.QueueSumNs),
			Felt:     c.since(&sum.Felt, &before.Felt),
			FeltSum:  time.Duration(sum.FeltSumNs - before.FeltSumNs),
		})
	}
	if err := it.Err(); err != nil {
		return out, fmt.Errorf("read the aggregates: %w", err)
	}
	return out, nil
}

// wholeReads bounds how often a value is read again that was being written. It
// takes some ten nanoseconds to write one, so the second read is nearly always
// good.
const wholeReads = 8

// wholeSum adds a key's values of all CPUs. One that a hook is writing is read
// again; if that goes on, what was taken before is returned: it is for the next
// time.
func (c *Capture) wholeSum(key AggregateKey, cpus []bpf.SocketAggregate) (bpf.SocketAggregate, error) {
	for range wholeReads {
		if sum, whole := sumOf(cpus); whole {
			return sum, nil
		}
		if err := c.objects.Aggregates.Lookup(key, &cpus); errors.Is(err, ebpf.ErrKeyNotExist) {
			break
		} else if err != nil {
			return bpf.SocketAggregate{}, err
		}
	}
	return c.seen[key], nil
}

// sumOf adds the values of all CPUs, and tells whether none was being written.
func sumOf(cpus []bpf.SocketAggregate) (sum bpf.SocketAggregate, whole bool) {
	var durations, queues, felt uint32
	for i := range cpus {
		a := &cpus[i]
		sum.Count += a.Count
		sum.SumNs += a.SumNs
		sum.QueueSumNs += a.QueueSumNs
		sum.FeltSumNs += a.FeltSumNs
		sum.QueueUnknown += a.QueueUnknown
		for b := range a.Buckets {
			sum.Buckets[b] += a.Buckets[b]
			sum.Queue[b] += a.Queue[b]
			sum.Felt[b] += a.Felt[b]
			durations += a.Buckets[b]
			queues += a.Queue[b]
			felt += a.Felt[b]
		}
	}
	all := uint32(sum.Count)
	return sum, durations == all && queues+sum.QueueUnknown == all && felt == queues
}

// since returns what was added to each bucket in use. The kernel's wrap around.
func (c *Capture) since(now, before *[MaxEdges + 1]uint32) []uint64 {
	out := make([]uint64, c.edges+1)
	for b := range out {
		out[b] = uint64(now[b] - before[b])
	}
	return out
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
