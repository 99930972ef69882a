// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

var (
	spender   = slo.Service{Name: "spender"}
	spenderOK = slo.Key{Service: spender, SLI: slo.HTTPAvailability}
)

// till counts and attributes under a clock, the way that a Keeper does.
type till struct {
	t      *testing.T
	now    time.Time
	ledger *Ledger
	*Pending
}

func newTill(t *testing.T, window time.Duration) *till {
	d := &till{t: t, now: time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)}
	d.Pending = NewPending(func() time.Time { return d.now })
	d.ledger = NewLedger(func(slo.Service) time.Duration { return window })
	return d
}

func (d *till) count(at slo.Minute, good, bad uint64, parts ...slo.Part) {
	d.Add(spenderOK, at, good, bad, "d", slo.Writer{Instance: "w"})
	for _, p := range parts {
		d.Attribute(spenderOK, at, "d", p, 0, bad)
	}
}

func (d *till) minute() slo.Minute { return slo.MinuteOf(d.now) }

func (d *till) apply() {
	b := d.Drain()
	d.ledger.Admit(b)
	d.ledger.Apply(b)
}

// spent returns what is known by route, and checks that it adds up.
func (d *till) spent(window time.Duration) SpentBy {
	d.t.Helper()
	d.apply()
	known := d.ledger.Attributed(spender)
	tally, ok := d.ledger.View(spender, d.now, time.Minute).Indicators[0].Tally(slo.RollingWindow(window), slo.Ratio{})
	require.True(d.t, ok)
	for _, s := range tally.SpentBy(known) {
		sum := s.Other.Plus(s.Unknown)
		for _, p := range s.Parts {
			sum = sum.Plus(p.Counts)
		}
		require.Equal(d.t, Counts{Good: tally.Counts.Good, Bad: tally.Counts.Bad}, sum, s.Dimension.String())
	}
	return tally.SpentBy(known)[slo.Route]
}

func route(name string) slo.Part { return slo.Part{Dimension: slo.Route, Name: name} }

func names(s SpentBy) string {
	var all []string
	for _, p := range s.Parts {
		all = append(all, fmt.Sprintf("%s=%d", p.Name, p.Counts.Bad))
	}
	return fmt.Sprintf("%s other=%d unknown=%d", strings.Join(all, " "), s.Other.Bad, s.Unknown.Bad)
}

func TestSpentBy(t *testing.T) {
	d := newTill(t, 24*time.Hour)
	d.count(d.minute(), 100, 3, route("a"))
	d.count(d.minute()-60, 100, 5, route("b"))
	d.count(d.minute(), 100, 2)
	assert.Equal(t, "b=5 a=3 other=0 unknown=2", names(d.spent(24*time.Hour)), "the worst first")
	d.now = d.now.Add(time.Hour)
	d.count(d.minute(), 0, 10, route("a"))
	assert.Equal(t, "a=13 b=5 other=0 unknown=2", names(d.spent(24*time.Hour)))

	// An hour that the window holds in part is unknown, as nobody knows of which
	// minute its events were; then it is gone.
	d.now = d.now.Add(23*time.Hour - 45*time.Minute)
	assert.Equal(t, "a=13 other=0 unknown=2", names(d.spent(24*time.Hour)), "the hour of b is gone")
	d.now = d.now.Add(30 * time.Minute)
	assert.Equal(t, "a=10 other=0 unknown=5", names(d.spent(24*time.Hour)))
	d.now = d.now.Add(30 * time.Minute)
	assert.Equal(t, "a=10 other=0 unknown=0", names(d.spent(24*time.Hour)))
}

// Excluded minutes are in no verdict, nor in what spends the budget: their hours are
// unknown.
func TestSpentByWithExclusions(t *testing.T) {
	d := newTill(t, 24*time.Hour)
	d.count(d.minute(), 0, 3, route("a"))
	d.count(d.minute()-1, 0, 4, route("a"))
	d.count(d.minute()-100, 0, 5, route("a"))
	require.Equal(t, "a=12 other=0 unknown=0", names(d.spent(24*time.Hour)))
	d.ledger.SetExclusions(func(slo.Service) []Interval { return []Interval{{d.minute() - 1, d.minute()}} })
	assert.Equal(t, "a=5 other=0 unknown=3", names(d.spent(24*time.Hour)))
	d.ledger.SetExclusions(func(slo.Service) []Interval { return nil })
	assert.Equal(t, "a=12 other=0 unknown=0", names(d.spent(24*time.Hour)))
}

// Names are bounded: further ones are counted together, exactly. A part of which
// nothing is left makes room.
func TestPartsAreBounded(t *testing.T) {
	d := newTill(t, 24*time.Hour)
	for i := range maxNamedParts {
		d.count(d.minute(), 0, 2, route(fmt.Sprint("r", i)))
		d.apply() // in this order
	}
	for i := range 500 {
		d.count(d.minute(), 0, 1, route(fmt.Sprint("further", i)))
	}
	d.count(d.minute(), 0, 7, route(strings.Repeat("x", maxPartName+1)))
	d.count(d.minute(), 0, 1, route("r3"))
	got := d.spent(24 * time.Hour)
	assert.Len(t, got.Parts, maxNamedParts)
	assert.Equal(t, SpentPart{"r3", Counts{Bad: 3}}, got.Parts[0])
	assert.Equal(t, []uint64{507, 0}, []uint64{got.Other.Bad, got.Unknown.Bad})

	d.now = d.now.Add(26 * time.Hour)
	d.count(d.minute(), 0, 4, route("further1"))
	assert.Equal(t, "further1=4 other=0 unknown=0", names(d.spent(24*time.Hour)))
	assert.Zero(t, d.ledger.Unattributed()+d.Unattributed())
}

// All parts together are bounded as well: what has no room at all is unknown, and
// counted.
func TestAllPartsAreBounded(t *testing.T) {
	d := newTill(t, 24*time.Hour)
	d.ledger.partCount = maxParts - 1
	d.count(d.minute(), 0, 2, route("a"))
	d.apply()
	d.count(d.minute(), 0, 3, route("b"))
	assert.Equal(t, "a=2 other=0 unknown=3", names(d.spent(24*time.Hour)))
	assert.Equal(t, uint64(3), d.ledger.Unattributed())

	for i := range maxPendingParts + 5 {
		d.Attribute(spenderOK, d.minute(), "d", route(fmt.Sprint(i)), 0, 1)
	}
	assert.Equal(t, uint64(5), d.Unattributed())
}

// What Add refuses is attributed to nobody: late events are uncertain, not bad.
func TestLateEventsAreNotAttributed(t *testing.T) {
	d := newTill(t, 24*time.Hour)
	d.count(d.minute(), 0, 1, route("a"))
	d.count(d.minute()-maxLateness-1, 0, 8, route("a"))
	d.count(d.minute(), 0, maxIncrement+1, route("a"))
	d.count(d.minute()+30, 0, 2, route("ahead"))
	assert.Equal(t, "ahead=2 a=1 other=0 unknown=0", names(d.spent(24*time.Hour)))
}

// If more is attributed than is counted, because counts were lost, nothing is known.
func TestMoreAttributedThanCounted(t *testing.T) {
	d := newTill(t, 24*time.Hour)
	d.count(d.minute(), 0, 3, route("a"))
	d.Attribute(spenderOK, d.minute(), "d", route("b"), 0, 1)
	assert.Equal(t, " other=0 unknown=3", names(d.spent(24*time.Hour)))
}

// Hours may come in any order, and are found again.
func TestHoursOutOfOrder(t *testing.T) {
	h := &partHours{}
	for i := range 100 {
		h.add(slo.Minute(i*37%100)*60, Counts{Bad: uint64(i*37%100) + 1})
		h.add(slo.Minute(i*37%100)*60, Counts{Good: 1})
	}
	next := slo.Minute(0)
	h.each(0, func(hour slo.Minute, c Counts) {
		assert.Equal(t, next, hour)
		assert.Equal(t, Counts{Good: 1, Bad: uint64(hour/60) + 1}, c)
		next += 60
	})
	assert.Equal(t, slo.Minute(6000), next)
	copied := h.clone()
	h.dropBefore(98 * 60)
	left := 0
	h.each(0, func(slo.Minute, Counts) { left++ })
	assert.Equal(t, 2, left)
	h.dropBefore(101 * 60)
	assert.True(t, h.isEmpty())
	left = 0
	copied.each(50*60, func(slo.Minute, Counts) { left++ })
	assert.Equal(t, 50, left, "a copy does not change")
}

func BenchmarkAttribute(b *testing.B) {
	now := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	p := NewPending(func() time.Time { return now })
	part := route("GET /cart")
	b.ReportAllocs()
	for b.Loop() {
		p.Attribute(spenderOK, slo.MinuteOf(now), "0123456789abcdef", part, 0, 1)
	}
}
