// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// Extent returns the first minute of which anything is known, be it that a writer
// was first seen in it, and the last one in which a series was counted. It tells
// whether there are any.
func (l *Ledger) Extent() (first, last slo.Minute, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last = -1
	for _, s := range l.services {
		for _, minute := range s.sights {
			if !ok || minute < first {
				first, ok = minute, true
			}
		}
		for _, all := range s.series {
			for _, c := range all {
				if !ok || c.first < first {
					first, ok = c.first, true
				}
				last = max(last, c.last)
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
