// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/sloe-dev/sloe/internal/slo"
)

// roster is the list of all services in order, which is made anew only if one
// came or went: it is asked for by every scrape and every page.
type roster struct {
	services   atomic.Int64
	generation atomic.Uint64
	made       atomic.Pointer[madeRoster]
}

type madeRoster struct {
	generation uint64
	all        []slo.Service
}

// changed is called after a service came into a shard, or left it.
func (r *roster) changed(by int64) {
	r.services.Add(by)
	r.generation.Add(1)
}

func (r *roster) size() int { return int(r.services.Load()) }

// Services lists every service that was seen, by name, namespace and
// environment. The list is shared and must not be changed.
func (l *Ledger) Services() []slo.Service {
	generation := l.roster.generation.Load() // before looking: a change meanwhile is seen next time
	if made := l.roster.made.Load(); made != nil && made.generation == generation {
		return made.all
	}
	all := make([]slo.Service, 0, l.roster.size())
	for n := range l.shards {
		sh := &l.shards[n]
		sh.mu.Lock()
		for id := range sh.services {
			all = append(all, id)
		}
		sh.mu.Unlock()
	}
	slices.SortFunc(all, CompareServices)
	all = slices.Clip(all)
	l.roster.made.Store(&madeRoster{generation: generation, all: all})
	return all
}

// Named lists the services of a name that were seen, in the same order. The
// caller owns the list.
func (l *Ledger) Named(name string) []slo.Service {
	sh := l.shardOf(name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return slices.Clone(sh.byName[name])
}

// CompareServices orders services by name, namespace and environment.
func CompareServices(a, b slo.Service) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	if c := strings.Compare(a.Namespace, b.Namespace); c != 0 {
		return c
	}
	return strings.Compare(a.Environment, b.Environment)
}
