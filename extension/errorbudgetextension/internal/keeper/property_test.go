// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// told is what a writer says of a minute, and when.
type told struct {
	at        slo.Minute // when it arrives
	minute    slo.Minute
	good, bad uint64
	writer    slo.Writer
}

// answers are what must not depend on how the counts came.
type answers struct {
	counts, excluded, minutes budget.Counts
	half                      slo.Minute
	incidents                 []budget.Incident
	spent                     []budget.SpentBy
}

// The same counts, told by one writer in order or split between several, in any
// order, late, and over restarts, give the same answers: of events, of judged
// minutes, of what roll-off brings, and of incidents, with exclusions.
func TestHowCountsComeChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	first := slo.MinuteOf(noon)
	var plain []told
	for m := range slo.Minute(3 * 24 * 60) {
		c := told{at: first + m, minute: first + m, good: 900 + r.Uint64N(100), writer: w1}
		if m > 1000 && m < 1020 || m > 4000 && m < 4005 {
			c.bad = 500
		}
		plain = append(plain, c)
	}
	end := first + 3*24*60 + 100
	want := tell(t, plain, end, 0, r)
	require.Positive(t, want.counts.Bad)
	require.Positive(t, want.excluded.Bad)
	require.NotEmpty(t, want.incidents)
	addsUp(t, want)
	for range 2 {
		require.Equal(t, want, tell(t, scatter(plain, r), end, 4, r))
	}
}

// partsOf is what the events of a minute have in common. Every sixth minute nothing
// is known of routes.
func partsOf(minute slo.Minute) []slo.Part {
	parts := []slo.Part{
		{Dimension: slo.Version, Name: strconv.Itoa(int(minute / 1500 % 2))},
		{Dimension: slo.ErrorType, Name: strconv.Itoa(500 + int(minute%3))},
	}
	if minute%6 != 0 {
		parts = append(parts, slo.Part{Dimension: slo.Route, Name: "GET /" + strconv.Itoa(int(minute%5))})
	}
	return parts
}

// addsUp holds the parts of every dimension against the whole: to the last event, of
// good ones too.
func addsUp(t *testing.T, of answers) {
	t.Helper()
	require.Len(t, of.spent, len(slo.Dimensions()))
	for _, s := range of.spent {
		sum := s.Other.Plus(s.Unknown)
		for _, p := range s.Parts {
			sum = sum.Plus(p.Counts)
		}
		require.Equal(t, budget.Counts{Good: of.counts.Good, Bad: of.counts.Bad}, sum, s.Dimension.String())
		if s.Dimension == slo.Dependency {
			require.Empty(t, s.Parts)
			continue
		}
		require.Greater(t, len(s.Parts), 1)
		require.Positive(t, s.Parts[0].Counts.Bad)
	}
	// Of the errors all is known but the nine minutes in the hour of an excluded one.
	require.Equal(t, uint64(9*500), of.spent[slo.ErrorType].Unknown.Bad)
}

// scatter splits counts between three writers and delays them by up to 90 minutes.
func scatter(plain []told, r *rand.Rand) []told {
	byArrival := map[slo.Minute][]told{}
	var last slo.Minute
	for _, c := range plain {
		for c.good+c.bad > 0 {
			part := told{minute: c.minute, good: r.Uint64N(c.good + 1), bad: r.Uint64N(c.bad + 1), writer: slo.Writer{Instance: "w" + strconv.Itoa(r.IntN(3))}}
			if part.good+part.bad < 200 {
				part.good, part.bad = c.good, c.bad
			}
			c.good, c.bad = c.good-part.good, c.bad-part.bad
			part.at = c.minute
			if r.IntN(10) == 0 {
				part.at += slo.Minute(r.IntN(90))
			}
			byArrival[part.at] = append(byArrival[part.at], part)
			last = max(last, part.at)
		}
	}
	var out []told
	for at := plain[0].at; at <= last; at++ {
		here := byArrival[at]
		r.Shuffle(len(here), func(i, j int) { here[i], here[j] = here[j], here[i] })
		out = append(out, here...)
	}
	return out
}

// tell gives counts to a keeper over a real store, which it restarts some times,
// and asks at the end.
func tell(t *testing.T, all []told, end slo.Minute, restarts int, r *rand.Rand) answers {
	t.Helper()
	directory := t.TempDir()
	b := newBench(t, directory, noon)
	stops := map[int]bool{}
	for range restarts {
		stops[r.IntN(len(all))] = true
	}
	for i, c := range all {
		b.now = c.at.Time()
		b.Pending().Add(shopOK, c.minute, c.good, c.bad, "d", c.writer)
		for _, part := range partsOf(c.minute) {
			good := uint64(0)
			if part.Dimension == slo.Version {
				good = c.good
			}
			b.Pending().Attribute(shopOK, c.minute, "d", part, good, c.bad)
		}
		if stops[i] {
			b.close(t)
			b = newBench(t, directory, b.now)
		} else if i%50 == 0 {
			require.NoError(t, b.Flush(context.Background()))
		}
	}
	b.now = end.Time()
	require.NoError(t, b.Flush(context.Background()))
	from := slo.MinuteOf(noon) + 1010
	b.Ledger().SetExclusions(func(slo.Service) []budget.Interval { return []budget.Interval{{From: from, To: from + 30}} })
	known := b.Ledger().Attributed(shop)
	indicator := b.Ledger().View(shop, b.now, time.Minute).Indicators[0]
	window := slo.RollingWindow(30 * 24 * time.Hour)
	events, ok := indicator.Tally(window, slo.Ratio{})
	require.True(t, ok)
	minutes, ok := indicator.Tally(window, slo.MustRatio("0.99"))
	require.True(t, ok)
	out := answers{
		counts: events.Counts, excluded: events.Excluded, minutes: minutes.Counts,
		half: events.BadFallsTo(events.Counts.Bad / 2), incidents: events.Incidents(slo.MustRatio("0.999")),
		spent: events.SpentBy(known),
	}
	b.close(t)
	return out
}
