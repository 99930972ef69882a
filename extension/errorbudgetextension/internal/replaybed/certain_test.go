// SPDX-License-Identifier: Apache-2.0

package replaybed

import (
	"slices"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// oracle knows the month in advance. It tells in which minutes no rule engine can
// think differently, so that Prometheus's, which reads three days of samples for
// each evaluation, need not be asked in every one of them.
//
// With a scrape at the end of each minute, the samples of a range of W are W of
// them, and their differences W - 1 minutes of counts. A rate stretches them over
// the range, good and bad alike, so a ratio of rates is the ratio of the counts of
// W - 1 minutes; our engine's is that of W. So a pair's condition is certain where
// the ratios over W and over W - 1 minutes are both beyond its limit, or both within
// it, by a margin that is far above what a float may err.
type oracle struct {
	good, bad []uint64 // before each minute
	pairs     []burnrate.Pair
	limits    []float64 // share of bad events of each pair
}

// margin is the share of the limit by which a ratio has to keep clear of it.
const margin = 0.05

func newOracle(pairs []burnrate.Pair, target slo.Ratio) *oracle {
	o := &oracle{good: make([]uint64, month+1), bad: make([]uint64, month+1), pairs: pairs}
	for m := range month {
		c := minute(m)
		o.good[m+1], o.bad[m+1] = o.good[m]+c.Good, o.bad[m]+c.Bad
	}
	for _, p := range pairs {
		share, _ := p.BadShare(target).Float64()
		o.limits = append(o.limits, share)
	}
	return o
}

// at returns the long windows of the pairs that fire at the end of the minutes
// before m, sorted, and whether that is certain of all.
func (o *oracle) at(m int) (firing []string, certain bool) {
	certain = true
	for i, p := range o.pairs {
		longOver, longWithin := o.keepsClear(m, p.Long, o.limits[i])
		shortOver, shortWithin := o.keepsClear(m, p.Short, o.limits[i])
		switch {
		case longOver && shortOver:
			firing = append(firing, alertKey(alert.WindowName(p.Long)))
		case !longWithin && !shortWithin:
			certain = false
		}
	}
	slices.Sort(firing)
	return firing, certain
}

// keepsClear tells whether the ratio of a window is beyond a limit, or within it,
// whichever engine looks.
func (o *oracle) keepsClear(m int, window time.Duration, limit float64) (over, within bool) {
	over, within = true, true
	for _, minutes := range []int{int(window / time.Minute), int(window/time.Minute) - 1} {
		from := max(m-minutes, 0)
		good, bad := o.good[m]-o.good[from], o.bad[m]-o.bad[from]
		if good+bad == 0 {
			over = false // nothing burns
			continue
		}
		ratio := float64(bad) / float64(good+bad)
		over = over && ratio > limit*(1+margin)
		within = within && ratio < limit*(1-margin)
	}
	return over, within
}
