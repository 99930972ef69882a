// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

// busyMinute is what a service with about a hundred requests a second counts.
func busyMinute(minute slo.Minute) Counts {
	return Counts{Good: 6000 + uint64(minute%97), Bad: uint64(minute % 5)}
}

// busyArchive has every minute of every series.
type busyArchive struct{}

func (busyArchive) Minutes(_ SeriesID, from, to slo.Minute, visit func(slo.Minute, Counts)) error {
	for minute := from; minute < to; minute++ {
		visit(minute, busyMinute(minute))
	}
	return nil
}

// burnWindows are those of the alerts of google-30d and of the budget itself.
var burnWindows = []time.Duration{
	5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour, 30 * 24 * time.Hour,
}

func busyID(i int) SeriesID {
	name := "service-" + strconv.Itoa(i/2)
	return SeriesID{Key: slo.Key{Service: slo.Service{Namespace: "retail", Name: name}, SLI: []string{slo.HTTPAvailability, slo.HTTPLatency}[i%2]}, Definition: "d1"}
}

// busyLedger holds a month of minutes of n series with two indicators a service.
func busyLedger(n int) (*Ledger, *Pending, slo.Minute) {
	l := NewLedger(month)
	l.UseArchive(busyArchive{})
	now := start + window30d + 30 // windows start amidst an hour
	restorer := l.Restore(now.Time())
	pending := NewPending(func() time.Time { return now.Time() })
	for i := range n {
		id := busyID(i)
		for minute := start; minute < now; minute++ {
			restorer.Increment(Increment{Series: id, Minute: minute, Counts: busyMinute(minute)})
		}
		pending.Add(id.Key, now, 1, 0, id.Definition, w1)
	}
	l.Apply(pending.Drain())
	return l, pending, now
}

// maxBytes is what a month of a busy series takes in memory with its budget's
// window, and maxBytesAlerted with the eight windows of the alerts: all that
// Pending holds of it included.
const (
	maxBytes        = 6 << 10
	maxBytesAlerted = 6 << 10
)

func TestMemoryOfASeries(t *testing.T) {
	const n = 300
	before := heap()
	l, pending, now := busyLedger(n)
	into := make([]Counts, len(burnWindows))
	for i := range n {
		id := busyID(i)
		l.Closed(id.Key.Service, id.Key.SLI, now, burnWindows[7:], into)
	}
	idle := (heap() - before) / n
	for i := range n {
		id := busyID(i)
		require.True(t, l.Closed(id.Key.Service, id.Key.SLI, now, burnWindows, into))
	}
	asked := (heap() - before) / n
	t.Logf("%d bytes a series, %d with %d windows", idle, asked, len(burnWindows))
	assert.LessOrEqual(t, idle, uint64(maxBytes))
	assert.LessOrEqual(t, asked, uint64(maxBytesAlerted))
	runtime.KeepAlive(l)
	runtime.KeepAlive(pending)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkWindows reads the eight windows that alerts and budget need of one
// series, while time goes on by a minute a read.
func BenchmarkWindows(b *testing.B) {
	l, _, now := busyLedger(2)
	id := busyID(0)
	into := make([]Counts, len(burnWindows))
	b.ReportAllocs()
	for b.Loop() {
		now++
		l.Apply(&Batch{Until: now.Time(), Increments: []Increment{{Series: id, Minute: now, Counts: busyMinute(now)}}})
		l.Closed(id.Key.Service, id.Key.SLI, now, burnWindows, into)
	}
}

// BenchmarkWindowRead reads one window again, for each length.
func BenchmarkWindowRead(b *testing.B) {
	l, _, now := busyLedger(2)
	id := busyID(0)
	for _, length := range []time.Duration{time.Hour, 30 * 24 * time.Hour} {
		b.Run(length.String(), func(b *testing.B) {
			into := make([]Counts, 1)
			b.ReportAllocs()
			for b.Loop() {
				l.Closed(id.Key.Service, id.Key.SLI, now, []time.Duration{length}, into)
			}
		})
	}
}

// BenchmarkView reads all that a gate needs of a service.
func BenchmarkView(b *testing.B) {
	l, _, now := busyLedger(2)
	id := busyID(0)
	for b.Loop() {
		l.View(id.Key.Service, now.Time(), time.Minute)
	}
}
