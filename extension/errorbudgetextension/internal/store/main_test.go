// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	shop     = slo.Service{Namespace: "retail", Name: "shop", Environment: "prod"}
	seriesA  = budget.SeriesID{Key: slo.Key{Service: shop, SLI: slo.HTTPAvailability}, Definition: "a"}
	seriesB  = budget.SeriesID{Key: slo.Key{Service: slo.Service{Name: "shop"}, SLI: slo.HTTPLatency}, Definition: "b"}
	minute   = slo.Minute(30_000_000)
	recorded = minute.Time().Add(123)
)

// known is what a memory holds of one series.
type known struct {
	first, last slo.Minute
	counts      map[slo.Minute]budget.Counts
}

// memory is a Sink that remembers.
type memory struct {
	series  map[budget.SeriesID]*known
	sights  map[serviceWriter]slo.Minute
	beats   map[budget.Heartbeat]bool
	causes  map[causeOf]budget.Counts
	durable time.Time
}

func newMemory() *memory {
	return &memory{series: map[budget.SeriesID]*known{}, sights: map[serviceWriter]slo.Minute{}, beats: map[budget.Heartbeat]bool{}, causes: map[causeOf]budget.Counts{}}
}

func (m *memory) Strip(s budget.Strip) {
	k, ok := m.series[s.Series]
	if !ok {
		k = &known{first: s.First, last: s.Last, counts: map[slo.Minute]budget.Counts{}}
		m.series[s.Series] = k
	}
	k.first, k.last = min(k.first, s.First), max(k.last, s.Last)
	for i, c := range s.Counts {
		if at := s.From + slo.Minute(i); !c.IsZero() {
			k.counts[at] = k.counts[at].Plus(c)
		}
	}
}

func (m *memory) Sight(v budget.Sight) {
	key := serviceWriter{v.Service, v.Instance}
	if first, ok := m.sights[key]; !ok || v.Minute < first {
		m.sights[key] = v.Minute
	}
}

func (m *memory) Heartbeat(h budget.Heartbeat) { m.beats[h] = true }

func (m *memory) Durable(t time.Time) { m.durable = t }

// batch does to the memory what a committed batch means.
func (m *memory) batch(b *budget.Batch) {
	for _, i := range b.Increments {
		m.Strip(budget.Strip{Series: i.Series, First: i.Minute, Last: i.Minute, From: i.Minute, Counts: []budget.Counts{i.Counts}})
	}
	for _, s := range b.Sights {
		m.Sight(s)
	}
	for _, h := range b.Heartbeats {
		m.Heartbeat(h)
	}
	m.Durable(b.Until)
}

// good returns the good events of a series, by minute.
func (m *memory) good(id budget.SeriesID) (n uint64) {
	if k := m.series[id]; k != nil {
		for _, c := range k.counts {
			n += c.Good
		}
	}
	return n
}

func (m *memory) measured() []slo.Minute {
	var minutes []slo.Minute
	for h := range maps.Keys(m.beats) {
		minutes = append(minutes, h.Minute)
	}
	slices.Sort(minutes)
	return minutes
}

// backend is a place where values lie.
type backend struct {
	name string
	open func(t *testing.T, directory string) *Store
}

var backends = []backend{{"SQLite", openFiles}, {"a storage extension", openStorage}}

func openFiles(t *testing.T, directory string) *Store {
	t.Helper()
	s, err := Open(context.Background(), directory)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// storageOf starts the collector's file_storage.
func storageOf(t *testing.T, directory string) storage.Client {
	t.Helper()
	ctx := context.Background()
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory = directory
	e, err := factory.Create(ctx, extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, e.Start(ctx, componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, e.Shutdown(ctx)) })
	client, err := e.(storage.Extension).GetClient(ctx, component.KindExtension, component.MustNewID("error_budget"), "")
	require.NoError(t, err)
	return client
}

func openStorage(t *testing.T, directory string) *Store {
	t.Helper()
	s, err := OpenClient(context.Background(), storageOf(t, directory))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// everywhere runs a test over each backend.
func everywhere(t *testing.T, test func(t *testing.T, b backend)) {
	t.Helper()
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) { test(t, b) })
	}
}

func load(t *testing.T, s *Store) *memory {
	t.Helper()
	m := newMemory()
	require.NoError(t, s.Load(context.Background(), m))
	return m
}
