// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
	"github.com/sloe-dev/sloe/internal/slo"
)

// BenchmarkFlush commits counts of 1,000 services with two indicators, each as
// often as a busy gateway does: within a minute, and in a new one.
func BenchmarkFlush(b *testing.B) {
	b.Run("same_minute", func(b *testing.B) { benchmarkFlush(b, 500*time.Millisecond) })
	b.Run("new_minute", func(b *testing.B) { benchmarkFlush(b, time.Minute) })
}

func benchmarkFlush(b *testing.B, step time.Duration) {
	b.Helper()
	s, err := store.Open(context.Background(), b.TempDir())
	require.NoError(b, err)
	defer s.Close()
	now := noon
	k := New(Settings{
		Store: s, Clock: func() time.Time { return now }, Window: func(slo.Service) time.Duration { return 30 * 24 * time.Hour },
		Interval: time.Hour, Committed: func(error) {},
	})
	require.NoError(b, k.Start(context.Background()))
	defer func() { require.NoError(b, k.Shutdown(context.Background())) }()
	var keys []slo.Key
	for i := range 1_000 {
		id := slo.Service{Namespace: "retail", Name: "service-" + strconv.Itoa(i)}
		keys = append(keys, slo.Key{Service: id, SLI: slo.HTTPAvailability}, slo.Key{Service: id, SLI: slo.HTTPLatency})
	}
	for b.Loop() {
		now = now.Add(step)
		for _, key := range keys {
			k.Pending().Add(key, slo.MinuteOf(now), 100, 1, "d", w1)
		}
		require.NoError(b, k.Flush(context.Background()))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(keys)), "us/series")
}
