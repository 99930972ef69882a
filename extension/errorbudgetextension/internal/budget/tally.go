// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// SpanOf returns a catalogue's window as it lies at an instant.
func SpanOf(w slo.Window, now time.Time) Span {
	from, _ := w.Bounds(now)
	span := Span{Name: w.String(), From: from, Length: slo.Minute(w.Length / time.Minute)}
	if end, ok := w.End(now); ok {
		span.Resets = end
	}
	return span
}

// Tally is what one window of an indicator holds. Its counts are events, or
// minutes where minutes are judged.
type Tally struct {
	// Counts are those that count.
	Counts Counts
	// Excluded are those of excluded minutes, which do not.
	Excluded Counts
	// Coverage is that of the window.
	Coverage Coverage
	// Span is the window.
	Span Span
	// Elapsed is how many minutes of the window there are counts for: from its
	// start, or from when the indicator was first counted.
	Elapsed slo.Minute

	of  *series
	now slo.Minute
}

// Tally returns what a window holds at the instant of the view. With a slice
// target greater than 0 minutes are judged instead of events: one is good if
// that share of its events is. It tells whether the answer can be given: judging
// minutes of the past needs the archive.
func (i Indicator) Tally(window slo.Window, slice slo.Ratio) (Tally, bool) {
	var t Tally
	i.series.owner.home.ask(func() { t = i.tally(SpanOf(window, i.at), slice) })
	return t, t.of != nil
}

func (i Indicator) tally(span Span, slice slo.Ratio) Tally {
	of, now := i.series, slo.MinuteOf(i.at)
	if slice.Num > 0 {
		if of = of.sliced(slice, now); of == nil {
			return Tally{}
		}
	}
	t := Tally{Span: span, of: of, now: now}
	t.Elapsed = min(now-max(t.Span.From, i.series.first)+1, t.Span.minutes())
	t.Coverage = i.ledger.coverage(i.series.owner, t.Span.From, now)
	t.Counts, t.Excluded = of.tally(t.Span, now)
	return t
}

// BadFallsTo is that of Indicator, for this window. A calendar's window starts
// anew as a whole.
func (t Tally) BadFallsTo(limit uint64) (at slo.Minute) {
	t.of.owner.home.ask(func() { at = t.of.badFallsTo(t.Span, t.now, limit) })
	return at
}

// Between returns what was counted in some minutes, excluded ones as well, as far
// as the window reaches. It tells whether that is known: minutes of the past are
// read from the archive.
func (t Tally) Between(minutes Interval) (Counts, bool) {
	if t.of == nil {
		return Counts{}, false // nothing was counted, or it cannot be read
	}
	var sum Counts
	var err error
	t.of.owner.home.ask(func() {
		sum = Counts{}
		err = t.of.visit(max(minutes.From, t.Span.From), minutes.To, func(_ slo.Minute, c Counts) { sum.add(c) })
	})
	return sum, err == nil
}
