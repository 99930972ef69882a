// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

var threeNines = slo.MustRatio("0.999")

// troubled counts ten days of a hundred events a minute, with a bad one each two
// hundred minutes, an outage that spans two blocks, a dent with a pause, a blip
// that costs little, and trouble that has not ended.
func troubled(add func(slo.Minute, uint64, uint64)) (now slo.Minute) {
	now = start + 10*24*60
	for m := start; m < now; m++ {
		bad := uint64(0)
		switch since := m - start; {
		case since >= 230 && since < 250, since >= now-start-5: // outages
			bad = 100
		case since >= 3000 && since < 3020, since >= 3030 && since < 3040: // half of it
			bad = 50
		case since == 5000: // one bad of a hundred is ten times too many, and cheap
			bad = 1
		case since%200 == 0:
			bad = 1
		}
		add(m, 100-bad, bad)
	}
	return now
}

func incidents(t *testing.T, l *Ledger, at time.Time, slice slo.Ratio) []Incident {
	t.Helper()
	tally, ok := l.View(shop, at, time.Minute).Indicators[0].Tally(slo.RollingWindow(30*24*time.Hour), slice)
	require.True(t, ok)
	return tally.Incidents(threeNines)
}

var wantIncidents = []Incident{
	{From: start + 230, To: start + 250, Counts: Counts{Bad: 2000}},
	{From: start + 3000, To: start + 3040, Counts: Counts{Good: 2500, Bad: 1500}},
	{From: start + 14395, To: start + 14400, Ongoing: true, Counts: Counts{Bad: 500}},
}

func TestIncidents(t *testing.T) {
	plain, cold := newDesk(), newArchived()
	var now slo.Minute
	for _, d := range []struct {
		*desk
		flush func()
	}{{plain, plain.flush}, {cold.desk, cold.flush}} {
		now = troubled(func(m slo.Minute, good, bad uint64) {
			d.now = m.Time()
			d.add(m, good, bad)
			d.flush()
		})
	}
	assert.Equal(t, wantIncidents, incidents(t, plain.ledger, now.Time(), slo.Ratio{}))
	asked := cold.archive.asked
	assert.Equal(t, wantIncidents, incidents(t, cold.ledger, now.Time(), slo.Ratio{}))
	assert.LessOrEqual(t, cold.archive.asked-asked, 8, "only the blocks of the incidents are read")

	later := now + 16
	got := incidents(t, cold.ledger, later.Time(), slo.Ratio{})
	assert.False(t, got[2].Ongoing, "a quarter of an hour later it has ended")

	// As of minutes that are judged, each bad minute is one.
	byMinute := incidents(t, cold.ledger, now.Time(), slo.MustRatio("0.9"))
	require.Len(t, byMinute, 3)
	assert.Equal(t, Incident{From: start + 3000, To: start + 3040, Counts: Counts{Good: 10, Bad: 30}}, byMinute[1])

	// What is excluded is no incident, nor part of one.
	cold.ledger.SetExclusions(func(slo.Service) []Interval {
		return []Interval{{start + 200, start + 260}, {start + 3010, start + 3020}}
	})
	got = incidents(t, cold.ledger, now.Time(), slo.Ratio{})
	require.Len(t, got, 3)
	assert.Equal(t, Incident{From: start + 3000, To: start + 3010, Counts: Counts{Good: 500, Bad: 500}}, got[0], "the calm minutes that part them are as many as before")
	assert.Equal(t, start+3030, got[1].From)

	cold.ledger.SetExclusions(func(slo.Service) []Interval { return nil })
	cold.archive.broken = true
	got = incidents(t, cold.ledger, now.Time(), slo.Ratio{})
	require.NotEmpty(t, got, "without minutes whole blocks are named")
	assert.Equal(t, startOfBlock(start+230), got[0].From)
	assert.GreaterOrEqual(t, got[0].Counts.Bad, uint64(2000))
}

func TestNoIncidents(t *testing.T) {
	d := newDesk()
	d.add(start, 0, 0)
	d.flush()
	assert.Empty(t, incidents(t, d.ledger, d.now, slo.Ratio{}), "nothing was counted")
	for m := range slo.Minute(2000) {
		d.at(time.Duration(m) * time.Minute)
		d.add(start+m, 9990, 10) // just what is permitted
		d.flush()
	}
	assert.Empty(t, incidents(t, d.ledger, d.now, slo.Ratio{}))
}
