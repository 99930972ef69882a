// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"time"

	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// limitsOf names what many objectives of a fleet share.
type limitsOf struct {
	target slo.Ratio
	window time.Duration
}

// limits are the pairs of windows to watch for a target, with what is exact and
// slow to find of each.
type limits struct {
	pairs   []burnrate.Pair
	limits  []burnrate.Limit
	lengths []time.Duration // long and short of each pair
	cannot  []burnrate.Pair // can never fire
}

func (e *Engine) limitsFor(target slo.Ratio, window time.Duration) limits {
	of := limitsOf{target, window}
	l, known := e.limits[of]
	if known {
		return l
	}
	l.pairs, l.cannot = burnrate.Split(e.set.Pairs(window), target)
	for _, p := range l.pairs {
		l.limits = append(l.limits, p.Limit(target))
		l.lengths = append(l.lengths, p.Long, p.Short)
	}
	e.limits[of] = l
	return l
}
