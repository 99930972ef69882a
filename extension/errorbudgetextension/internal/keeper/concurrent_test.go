// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Counted from many goroutines while commits, rebuilds and answers go on, every
// event is there once, now and after a restart.
func TestConcurrentCountsAreExact(t *testing.T) {
	const goroutines, adds = 8, 4_000
	directory := t.TempDir()
	s, err := store.Open(context.Background(), directory)
	require.NoError(t, err)
	k := New(Settings{
		Store: s, Clock: func() time.Time { return noon }, Window: func(slo.Service) time.Duration { return 30 * 24 * time.Hour },
		Interval: time.Millisecond, Committed: func(err error) { assert.NoError(t, err) },
	})
	require.NoError(t, k.Start(context.Background()))

	var counting, asking sync.WaitGroup
	stop := make(chan struct{})
	asking.Go(func() {
		last := uint64(0)
		for {
			select {
			case <-stop:
				return
			default:
			}
			assert.NoError(t, k.Rebuild(context.Background()))
			v := k.Ledger().View(shop, noon, time.Minute)
			for _, i := range v.Indicators {
				valid := i.Counts.Good + i.Counts.Bad
				assert.GreaterOrEqual(t, valid, last, "what was served stays")
				last = valid
				i.BadFallsTo(i.Counts.Bad / 2)
			}
		}
	})
	for g := range goroutines {
		counting.Go(func() {
			writer := slo.Writer{Instance: strconv.Itoa(g % 3)}
			for n := range adds {
				minute := slo.MinuteOf(noon) - slo.Minute(n%100)
				k.Pending().Add(shopOK, minute, 2, 1, "d", writer)
				k.Pending().Heartbeat(minute, writer)
				if n%100 == 0 {
					k.Open(shop, minute, uint64(n), writer)
				}
			}
		})
	}
	counting.Wait()
	close(stop)
	asking.Wait()
	require.NoError(t, k.Shutdown(context.Background()))
	want := uint64(goroutines * adds)
	counts := k.Ledger().View(shop, noon, time.Minute).Indicators[0].Counts
	assert.Equal(t, [2]uint64{2 * want, want}, [2]uint64{counts.Good, counts.Bad})
	require.NoError(t, s.Close())

	again := newBench(t, directory, noon)
	defer again.close(t)
	assert.Equal(t, counts, again.served())
}
