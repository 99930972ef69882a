// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Series of one hash are told apart by what they are.
func TestSeriesOfOneHash(t *testing.T) {
	var p pendingShard
	ids := make([]SeriesID, 3)
	for i := range ids {
		ids[i] = SeriesID{Key: slo.Key{Service: shop, SLI: strconv.Itoa(i)}, Definition: "d"}
		require.Nil(t, p.find(7, &ids[i].Key, "d"))
		p.make(7, ids[i])
	}
	for _, id := range ids {
		assert.Equal(t, id, p.find(7, &id.Key, "d").id)
		assert.Nil(t, p.find(7, &id.Key, "another"))
	}
	p.find(7, &ids[1].Key, "d").touched = start
	assert.Equal(t, 2, p.sweep(start+1), "the silent ones go")
	assert.Nil(t, p.find(7, &ids[0].Key, "d"))
	assert.NotNil(t, p.find(7, &ids[1].Key, "d"))
	assert.Equal(t, 1, p.sweep(start+10*sweepEvery))
	assert.Empty(t, p.series)
}

// While goroutines add and others ask, batches hold each event once, a service is
// answered whole, and what DurableThrough promises is there.
func TestAddDrainAndAskAtOnce(t *testing.T) {
	const services, goroutines, rounds = 300, 4, 60
	key := func(i int, sli string) slo.Key {
		return slo.Key{Service: slo.Service{Name: "s" + strconv.Itoa(i%(services-20)), Environment: strconv.Itoa(i)}, SLI: sli}
	}
	p := NewPending(time.Now)
	l := NewLedger(month)
	l.UseArchive(newMemoryArchive())
	var adding, others sync.WaitGroup
	stop := make(chan struct{})
	for range goroutines {
		adding.Go(func() {
			for range rounds {
				now := slo.MinuteOf(time.Now())
				for i := range services {
					p.Add(key(i, slo.HTTPAvailability), now, 2, 1, "d", w1)
					p.Attribute(key(i, slo.HTTPAvailability), now, "d", route("a"), 0, 1)
					p.Add(key(i, slo.HTTPLatency), now, 3, 0, "d", w1)
				}
				p.Heartbeat(now, w1)
			}
		})
	}
	drain := func() {
		b := p.Drain()
		l.Admit(b)
		l.Apply(b)
	}
	others.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				drain()
			}
		}
	})
	others.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			id := key(n%services, "").Service
			known := l.Attributed(id)
			v := l.View(id, time.Now(), time.Minute)
			for _, i := range v.Indicators {
				tally, _ := i.Tally(slo.RollingWindow(24*time.Hour), slo.Ratio{})
				attributed := Counts{}
				for _, hours := range known.series[SeriesID{Key: slo.Key{Service: id, SLI: i.SLI}, Definition: "d"}] {
					hours.each(0, func(_ slo.Minute, c Counts) { attributed.add(c) })
				}
				assert.LessOrEqual(t, attributed.Bad, tally.Counts.Bad, "never more than is counted")
				assert.Equal(t, tally.Counts.Bad-attributed.Bad, tally.SpentBy(known)[slo.Route].Unknown.Bad)
				i.BadFallsTo(0)
			}
			l.Named(id.Name)
			l.Services()
			l.LastEvent(id)
			l.Timeline(id, slo.HTTPLatency, slo.MinuteOf(time.Now()), 1, 12)
			l.SetExclusions(func(slo.Service) []Interval { return nil })
		}
	})
	adding.Wait()
	close(stop)
	others.Wait()
	drain()
	require.Len(t, l.Services(), services)
	for i := range services {
		v := l.View(key(i, "").Service, time.Now(), time.Minute)
		require.Len(t, v.Indicators, 2)
		assert.Equal(t, Counts{Good: 2 * goroutines * rounds, Bad: goroutines * rounds}, v.Indicators[0].Counts)
		assert.Equal(t, Counts{Good: 3 * goroutines * rounds}, v.Indicators[1].Counts)
		assert.NotEqual(t, Unmeasured, v.Activity)
		known := l.Attributed(v.Service)
		tally, _ := v.Indicators[0].Tally(slo.RollingWindow(24*time.Hour), slo.Ratio{})
		assert.Equal(t, "a=240 other=0 unknown=0", names(tally.SpentBy(known)[slo.Route]))
	}
}
