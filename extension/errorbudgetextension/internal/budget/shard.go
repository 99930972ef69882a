// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"hash/maphash"
	"slices"
	"sync"

	"github.com/sloe-dev/sloe/internal/slo"
)

// shardCount is how many parts the services are spread over: of 20,000 series a
// commit then holds each lock for the time of eighty, some 50 us.
const shardCount = 256

// shard holds the services of some names.
type shard struct {
	ledger *Ledger

	mu       sync.Mutex // guards what follows
	services map[slo.Service]*service
	byName   map[string][]slo.Service

	fetching // what the question that holds the lock needs of the archive
	// amended counts increments of minutes that memory does not hold, after which
	// what the archive gave is out of date.
	amended uint64
}

var shardSeed = maphash.MakeSeed()

// shardNumber is that of a name: the services of a name are together.
func shardNumber(name string) int { return int(maphash.String(shardSeed, name) % shardCount) }

func (l *Ledger) shardOf(name string) *shard { return &l.shards[shardNumber(name)] }

// sorted are the indices of a list by the shards that its elements belong to, in
// order within each.
type sorted struct {
	indices []int32
	ends    [shardCount]int32
}

func byShard[T any](all []T, service func(*T) *slo.Service) *sorted {
	s := &sorted{indices: make([]int32, len(all))}
	numbers := make([]uint8, len(all))
	for i := range all {
		numbers[i] = uint8(shardNumber(service(&all[i]).Name))
		s.ends[numbers[i]]++
	}
	at := int32(0)
	for n, c := range s.ends {
		s.ends[n] = at
		at += c
	}
	for i, n := range numbers {
		s.indices[s.ends[n]] = int32(i)
		s.ends[n]++
	}
	return s
}

// of returns the indices of a shard's elements.
func (s *sorted) of(n int) []int32 {
	from := int32(0)
	if n > 0 {
		from = s.ends[n-1]
	}
	return s.indices[from:s.ends[n]]
}

func (sh *shard) service(id slo.Service) *service {
	s, ok := sh.services[id]
	if !ok {
		if sh.services == nil {
			sh.services, sh.byName = map[slo.Service]*service{}, map[string][]slo.Service{}
		}
		s = newService(sh, id)
		sh.services[id] = s
		sh.byName[id.Name] = append(sh.byName[id.Name], id)
		slices.SortFunc(sh.byName[id.Name], CompareServices)
		sh.ledger.roster.changed(+1)
	}
	return s
}

func (sh *shard) sight(s Sight) { sh.service(s.Service).sight(s.Instance, s.Minute) }

func (sh *shard) forget(before slo.Minute) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for id, s := range sh.services {
		if len(s.opens) > 0 || s.newest() >= before {
			continue
		}
		delete(sh.services, id)
		sh.byName[id.Name] = slices.DeleteFunc(sh.byName[id.Name], func(o slo.Service) bool { return o == id })
		if len(sh.byName[id.Name]) == 0 {
			delete(sh.byName, id.Name)
		}
		sh.ledger.roster.changed(-1)
	}
}
