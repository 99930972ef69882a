// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// fleet makes up the minutes of services with two objectives: a daily wave of
// requests that arrive at random, a few errors and more slow answers.
type fleet struct {
	services []slo.Service
	r        *rand.Rand
}

func newFleet(services int) *fleet {
	f := &fleet{r: rand.New(rand.NewPCG(1, 2))}
	for i := range services {
		f.services = append(f.services, slo.Service{Namespace: fmt.Sprintf("team-%d", i%40), Name: fmt.Sprintf("service-%d-%x", i, f.r.Uint32()), Environment: "production"})
	}
	return f
}

// events are about as many as expected, as of a Poisson process.
func (f *fleet) events(expected float64) uint64 {
	return uint64(max(0, math.Round(expected+f.r.NormFloat64()*math.Sqrt(expected))))
}

func (f *fleet) hour(hour slo.Minute) *block.Part {
	p := block.NewPart(hour, block.MaxWidth)
	for i, service := range f.services {
		rate := 20 * math.Pow(2, float64(i%12)) // 20 to 40,000 a minute
		for m := range slo.Minute(block.MaxWidth) {
			wave := 1 + 0.8*math.Sin(float64(hour+m)/1440*2*math.Pi)
			valid := f.events(rate * wave)
			failed, slow := min(valid, f.events(float64(valid)*0.0005)), min(valid, f.events(float64(valid)*0.01))
			for sli, bad := range map[string]uint64{slo.HTTPAvailability: failed, slo.HTTPLatency: slow} {
				id := budget.SeriesID{Key: slo.Key{Service: service, SLI: sli}, Definition: "0123456789abcdef"}
				p.Add(budget.Increment{Series: id, Minute: hour + m, Counts: budget.Counts{Good: valid - bad, Bad: bad}})
			}
		}
	}
	for m := range slo.Minute(block.MaxWidth) {
		p.Heartbeat(budget.Heartbeat{Instance: "w", Minute: hour + m})
	}
	return p
}

// fill writes hours as folds leave them, and returns the size of the files.
func fill(tb testing.TB, directory string, services, hours int) int64 {
	tb.Helper()
	ctx := context.Background()
	s, err := Open(ctx, directory)
	require.NoError(tb, err)
	f := newFleet(services)
	first := block.HourOf(minute)
	for h := range slo.Minute(hours) {
		w := &changes{}
		next := s.manifest.clone()
		hour := first + h*block.MaxWidth
		w.set(hourKey(hour), f.hour(hour).Append(nil))
		next.addHour(hour)
		w.setManifest(next)
		require.NoError(tb, w.write(ctx, s.values))
		s.manifest = next
	}
	require.NoError(tb, s.Close())
	return size(tb, directory)
}

func size(tb testing.TB, directory string) (bytes int64) {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(directory, "*"))
	require.NoError(tb, err)
	for _, name := range names {
		info, err := os.Stat(name)
		require.NoError(tb, err)
		bytes += info.Size()
	}
	return bytes
}

// 30 days of 1,000 services with two objectives are to fit into 0.25 GB: that
// is 5.8 bytes for a minute of a service.
func TestAMinuteOfAServiceIsSmall(t *testing.T) {
	const services, hours = 200, 6
	perMinute := float64(fill(t, t.TempDir(), services, hours)) / (services * hours * block.MaxWidth)
	t.Logf("%.2f bytes a minute of a service with two objectives", perMinute)
	assert.Less(t, perMinute, 0.25e9/(1000*30*24*60))
}

// nothing is a Sink that only sums, so that what is measured is the store.
type nothing struct{ sum uint64 }

func (n *nothing) Strip(s budget.Strip) {
	for _, c := range s.Counts {
		n.sum += c.Good + c.Bad
	}
}
func (n *nothing) Sight(budget.Sight)         {}
func (n *nothing) Heartbeat(budget.Heartbeat) {}
func (n *nothing) Durable(time.Time)          {}

// BenchmarkStart opens and loads 30 days of 1,000 services with two objectives,
// and says how much longer that takes than to read the files.
func BenchmarkStart(b *testing.B) {
	directory := b.TempDir()
	bytes := fill(b, directory, 1000, 30*24)
	for b.Loop() {
		at := time.Now()
		names, err := filepath.Glob(filepath.Join(directory, "*"))
		require.NoError(b, err)
		for _, name := range names {
			f, err := os.Open(name)
			require.NoError(b, err)
			_, err = io.Copy(io.Discard, readOnly{f})
			require.NoError(b, err)
			require.NoError(b, f.Close())
		}
		read := time.Since(at)
		at = time.Now()
		s, err := Open(context.Background(), directory)
		require.NoError(b, err)
		opened := time.Since(at)
		at = time.Now()
		require.NoError(b, s.Load(context.Background(), &nothing{}))
		loaded := time.Since(at)
		require.NoError(b, s.Close())
		b.ReportMetric(float64(bytes)/1e6, "MB")
		b.ReportMetric(float64(read.Milliseconds()), "ms-read")
		b.ReportMetric(float64(opened.Milliseconds()), "ms-open")
		b.ReportMetric(float64(loaded.Milliseconds()), "ms-load")
		b.ReportMetric(float64(opened+loaded)/float64(read), "x-read")
	}
}

// readOnly hides what would spare the copy.
type readOnly struct{ io.Reader }
