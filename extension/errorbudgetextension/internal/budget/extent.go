// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// Extent returns the first and the last minute in which anything was counted or
// a writer first seen. It tells whether there is one.
func (l *Ledger) Extent() (first, last slo.Minute, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	see := func(from, to slo.Minute) {
		if !ok {
			first, last, ok = from, to, true
			return
		}
		first, last = min(first, from), max(last, to)
	}
	for _, s := range l.services {
		for _, minute := range s.sights {
			see(minute, minute)
		}
		for _, all := range s.series {
			for _, c := range all {
				see(c.first, c.last)
			}
		}
	}
	return first, last, ok
}

// Definition returns the definition by which an indicator of a service counts
// now. It tells whether it was ever counted.
func (l *Ledger) Definition(key slo.Key) (slo.Definition, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.services[key.Service]
	if !ok {
		return "", false
	}
	current := s.current(key.SLI)
	if current == nil {
		return "", false
	}
	return current.definition, true
}
