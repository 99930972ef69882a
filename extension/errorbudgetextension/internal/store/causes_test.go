// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Attribution makes a memory an AttributionSink.
func (m *memory) Attribution(a budget.Attribution) {
	at := causeOf{a.Series, a.Hour, a.Part}
	m.causes[at] = m.causes[at].Plus(a.Counts)
}

type causeOf struct {
	series budget.SeriesID
	hour   slo.Minute
	part   slo.Part
}

var (
	hourZero = dayOf(slo.MinuteOf(time.Now()) - 10*dayMinutes)
	cart     = slo.Part{Dimension: slo.Route, Name: "GET /cart"}
	release  = slo.Part{Dimension: slo.Version, Name: "1.4.2"}
)

// commitCause commits an event and what is known of it.
func commitCause(t *testing.T, s *Store, hour slo.Minute, part slo.Part, good, bad uint64) {
	t.Helper()
	require.NoError(t, s.Commit(context.Background(), s.LastBatch()+1, &budget.Batch{
		Until:        hour.Time(),
		Increments:   []budget.Increment{{Series: seriesA, Minute: hour, Counts: budget.Counts{Good: good, Bad: bad}}},
		Heartbeats:   []budget.Heartbeat{{Instance: "w", Minute: hour}},
		Attributions: []budget.Attribution{{Series: seriesA, Hour: hour, Part: part, Counts: budget.Counts{Good: good, Bad: bad}}},
	}))
}

// What events have in common is there after a restart, from batches, from days, and
// from both; it goes when its day is too old.
func TestCausesAreKept(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		directory := t.TempDir()
		s := b.open(t, directory)
		commitCause(t, s, hourZero, cart, 0, 3)
		commitCause(t, s, hourZero, cart, 0, 4)
		want := map[causeOf]budget.Counts{{seriesA, hourZero, cart}: {Bad: 7}}
		assert.Equal(t, want, load(t, s).causes, "of batches")
		require.NoError(t, s.fold(t.Context()))
		assert.Equal(t, want, load(t, s).causes, "of a day")
		commitCause(t, s, hourZero, cart, 0, 1)
		commitCause(t, s, hourZero+30*60, release, 90, 2)
		want[causeOf{seriesA, hourZero, cart}] = budget.Counts{Bad: 8}
		want[causeOf{seriesA, hourZero + 30*60, release}] = budget.Counts{Good: 90, Bad: 2}
		assert.Equal(t, want, load(t, s).causes, "of both")
		require.NoError(t, s.fold(t.Context()))
		if b.name == "SQLite" {
			require.NoError(t, s.Close())
			s = b.open(t, directory)
		}
		assert.Equal(t, want, load(t, s).causes)

		require.NoError(t, s.Retain(t.Context(), dayOf(hourZero)+dayMinutes))
		delete(want, causeOf{seriesA, hourZero, cart})
		assert.Equal(t, want, load(t, s).causes)
		raw, err := s.values.Get(t.Context(), causesKey(dayOf(hourZero)))
		require.NoError(t, err)
		assert.Nil(t, raw, "the day is deleted")
	})
}

// A damaged day costs no count and no measured minute: of its events nothing is known
// any more, and that is said.
func TestDamagedCausesCostNoCount(t *testing.T) {
	for what, damage := range map[string]func(t *testing.T, s *Store){
		"the day": func(t *testing.T, s *Store) {
			raw, err := s.values.Get(t.Context(), causesKey(dayOf(hourZero)))
			require.NoError(t, err)
			raw[len(raw)-1] ^= 1
			require.NoError(t, s.values.Write(t.Context(), []Change{{causesKey(dayOf(hourZero)), raw}}))
		},
		"the day is gone": func(t *testing.T, s *Store) {
			require.NoError(t, s.values.Write(t.Context(), []Change{{Key: causesKey(dayOf(hourZero))}}))
		},
	} {
		t.Run(what, func(t *testing.T) {
			directory := t.TempDir()
			s := openFiles(t, directory)
			commitCause(t, s, hourZero, cart, 5, 3)
			commitCause(t, s, hourZero+dayMinutes, cart, 5, 2)
			require.NoError(t, s.fold(t.Context()))
			damage(t, s)
			require.NoError(t, s.Close())

			s = openFiles(t, directory)
			require.Len(t, s.Damage(), 1)
			assert.Contains(t, s.Damage()[0].String(), "what the bad events of ")
			got := load(t, s)
			assert.Equal(t, map[causeOf]budget.Counts{{seriesA, hourZero + dayMinutes, cart}: {Good: 5, Bad: 2}}, got.causes)
			assert.Equal(t, uint64(10), got.good(seriesA))
			assert.Len(t, got.measured(), 2)
			require.NoError(t, s.Close())
			assert.Empty(t, openFiles(t, directory).Damage(), "it is mended")
		})
	}
}

// Where the counts of an hour are lost, what its events had in common goes with them:
// it would be more than what is counted. Without a list the days are found again.
func TestCausesOfLostCountsGo(t *testing.T) {
	for what, damage := range map[string]struct {
		change func(t *testing.T, s *Store)
		left   int
	}{
		"an hour is lost": {func(t *testing.T, s *Store) {
			require.NoError(t, s.values.Write(t.Context(), []Change{{Key: hourKey(hourZero)}}))
		}, 1},
		"the list is lost": {func(t *testing.T, s *Store) {
			require.NoError(t, s.values.Write(t.Context(), []Change{{manifestKeys[0], []byte("x")}, {manifestKeys[1], []byte("x")}}))
		}, 2},
	} {
		t.Run(what, func(t *testing.T) {
			directory := t.TempDir()
			s := openFiles(t, directory)
			commitCause(t, s, hourZero, cart, 5, 3)
			commitCause(t, s, hourZero+2*block.MaxWidth, cart, 5, 2)
			require.NoError(t, s.fold(t.Context()))
			damage.change(t, s)
			require.NoError(t, s.Close())
			s = openFiles(t, directory)
			require.NotEmpty(t, s.Damage())
			got := load(t, s)
			assert.Len(t, got.causes, damage.left)
			assert.Contains(t, got.causes, causeOf{seriesA, hourZero + 2*block.MaxWidth, cart})
			assert.Equal(t, uint64(5*damage.left), got.good(seriesA))
		})
	}
}

// causesOfFleet are those of a day in which something of every service failed in each
// hour, in six ways of each dimension.
func causesOfFleet(services int) *block.Attributions {
	out := &block.Attributions{}
	f := newFleet(services)
	for i, service := range f.services {
		for _, sli := range []string{slo.HTTPAvailability, slo.HTTPLatency} {
			id := budget.SeriesID{Key: slo.Key{Service: service, SLI: sli}, Definition: "0123456789abcdef"}
			for _, d := range slo.Dimensions() {
				for p := range 6 {
					for hour := range slo.Minute(24) {
						counts := budget.Counts{Bad: 1 + f.r.Uint64N(200)}
						if d == slo.Version {
							counts.Good = f.r.Uint64N(2_000_000)
						}
						part := slo.Part{Dimension: d, Name: fmt.Sprintf("GET /v1/%s-%d/%x", d, p, i*7+p)}
						out.Attribution(budget.Attribution{Series: id, Hour: dayOf(hourZero) + hour*block.MaxWidth, Part: part, Counts: counts})
					}
				}
			}
		}
	}
	return out
}

// With the counts, the worst case is to fit into what TestAMinuteOfAServiceIsSmall
// leaves of 0.25 GB for a month of 1,000 services.
func TestCausesAreSmall(t *testing.T) {
	const services = 200
	sealed, err := block.Seal("k", causesOfFleet(services).Append(nil))
	require.NoError(t, err)
	causes := float64(len(sealed)) / (services * dayMinutes)
	const hours = 6
	counts := float64(fill(t, t.TempDir(), services, hours)) / (services * hours * block.MaxWidth)
	t.Logf("%.2f bytes a minute of a service for causes beside %.2f for counts", causes, counts)
	assert.Less(t, causes+counts, 0.25e9/(1000*30*24*60))
}

// The files of a run before there were causes are read as they are.
func TestBatchesWithoutCauses(t *testing.T) {
	raw := block.AppendBatch(nil, &budget.Batch{Until: recorded, Increments: []budget.Increment{{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 1}}}})
	m := newMemory()
	require.NoError(t, block.ReadBatch(raw, m))
	assert.Empty(t, m.causes)
	assert.Equal(t, uint64(1), m.good(seriesA))
}
