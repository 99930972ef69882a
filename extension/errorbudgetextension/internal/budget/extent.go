// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// Extent returns the first minute of which anything is known, be it that a writer
// was first seen in it, and the last one in which a series was counted. It tells
// whether there are any.
func (l *Ledger) Extent() (first, last slo.Minute, ok bool) {
	last = -1
	see := func(from, to slo.Minute) {
		if !ok || from < first {
			first, ok = from, true
		}
		last = max(last, to)
	}
	for n := range l.shards {
		l.shards[n].extent(see)
	}
	return first, last, ok
}

func (sh *shard) extent(see func(from, to slo.Minute)) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, s := range sh.services {
		for _, by := range s.sights {
			see(by.first, -1)
		}
		for _, c := range s.series {
			see(c.first, c.last)
		}
	}
}

// Definition returns the definition by which an indicator of a service counts
// now. It tells whether it was ever counted.
func (l *Ledger) Definition(key slo.Key) (slo.Definition, bool) {
	sh := l.shardOf(key.Service.Name)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	current := sh.currentSeries(key.Service, key.SLI)
	if current == nil {
		return "", false
	}
	return current.definition, true
}
