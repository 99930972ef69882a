// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"slices"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Apart is a latency limit beside the service's own, by which the same
// events are counted once more, under a name of its own.
type Apart struct {
	// Name of the series, such as http_latency_100ms.
	Name string
	// Rule is the index of the indicator.
	Rule  int
	Limit slo.Limit
}

// apartSeries is the cumulative count of a further threshold.
type apartSeries struct {
	name string
	series
}

// apart returns the further thresholds that the objectives of a service ask for,
// each once, of the indicators that are counted.
func (l *Ledger) apart(entry slo.Entry) []Apart {
	var found []Apart
	for _, o := range entry.Objectives {
		name := entry.Series(o)
		rule := slices.IndexFunc(l.rules, func(r Rule) bool { return r.Name == o.Indicator })
		known := slices.ContainsFunc(found, func(a Apart) bool { return a.Name == name })
		if name != o.Indicator && rule >= 0 && !known {
			found = append(found, Apart{Name: name, Rule: rule, Limit: o.Limit()})
		}
	}
	return found
}

// seriesNamed returns the count of a further threshold, which goes on if an
// earlier catalogue asked for it too. The ledger is locked.
func (s *service) seriesNamed(name string) *series {
	var all []*apartSeries
	if known := s.apart.Load(); known != nil {
		all = *known
	}
	for _, c := range all {
		if c.name == name {
			return &c.series
		}
	}
	added := append(slices.Clone(all), &apartSeries{name: name})
	s.apart.Store(&added)
	return &added[len(added)-1].series
}

// Named returns the index of a further threshold's promise by the name of its
// series.
func (v *View) Named(sli string) (rule int, ok bool) {
	for i, a := range v.Apart {
		if a.Name == sli {
			return len(v.promises) - len(v.Apart) + i, true
		}
	}
	return 0, false
}

// Indicator returns the index of the indicator that a promise is about.
func (v *View) Indicator(rule int) int {
	if i := rule - (len(v.promises) - len(v.Apart)); i >= 0 {
		return v.Apart[i].Rule
	}
	return rule
}
