// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// history is one objective over its window.
type history struct {
	budget.Timeline
	window time.Duration
	step   slo.Minute
	to     slo.Minute // the open minute
	spend  budget.Spend
}

const (
	minutesPerBlock = 120
	// stretchesAtMost is how finely a window is drawn: a stretch is at least a pixel
	// or two wide on a phone.
	stretchesAtMost = 128
)

// history reads what an objective's window held.
func (p *painter) history(a assess.Assessment, o assess.Objective) history {
	now := slo.MinuteOf(a.AsOf)
	minutes := max(now-o.Tally.Span.From, minutesPerBlock)
	blocks := int(minutes/minutesPerBlock) + 1 // the first one is cut by the window's start
	each := (blocks + stretchesAtMost - 1) / stretchesAtMost
	return history{
		Timeline: p.Ledger().Timeline(a.Service, o.Indicator.SLI, now, each, (blocks+each-1)/each),
		window:   time.Duration(minutes) * time.Minute,
		step:     slo.Minute(each * minutesPerBlock),
		to:       now,
		spend:    o.Spend,
	}
}

// drawn tells whether an objective can be drawn from its events: one that judges
// minutes cannot, and one whose counts cannot be read now.
func drawn(o assess.Objective) bool {
	return !o.Unread && o.Promise.SliceTarget == (slo.Ratio{}) && o.Spend.Valid() > 0
}

// seen tells whether the service was known in a stretch, and blind whether
// nobody measured it then.
func seen(s budget.Stretch) bool  { return s.Coverage.Elapsed > 0 || s.Counts != (budget.Counts{}) }
func blind(s budget.Stretch) bool { return 2*s.Coverage.Measured < s.Coverage.Elapsed }

// remaining returns the share of the budget that was left at the end of each
// stretch, counted against the whole window: it ends at what is left now, and
// falls by what each stretch spent.
func (h history) remaining() []float64 {
	out := make([]float64, len(h.Stretches))
	bad := h.spend.Bad
	for i := len(out) - 1; i >= 0; i-- {
		s := h.spend
		s.Good, s.Bad = h.spend.Valid()-min(bad, h.spend.Valid()), bad
		out[i] = s.Remaining()
		bad -= min(bad, h.Stretches[i].Counts.Bad)
	}
	return out
}
