// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
	"github.com/sloe-dev/sloe/internal/slo"
)

var (
	shop   = slo.Service{Name: "shop"}
	shopOK = slo.Key{Service: shop, SLI: slo.HTTPAvailability}
	w1     = slo.Writer{Instance: "w1"}
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// bench is a Keeper over a real store, under a clock that the test sets. Its
// interval never passes: the test flushes.
type bench struct {
	*Keeper
	store   *store.Store
	broken  *brokenStore
	now     time.Time
	window  time.Duration
	results []error
}

// brokenStore fails instead of the commit, as a test asks for.
type brokenStore struct {
	*store.Store
	before error
}

func (b *brokenStore) Commit(ctx context.Context, number uint64, batch *budget.Batch) error {
	if b.before != nil {
		return b.before
	}
	return b.Store.Commit(ctx, number, batch)
}

func newBench(t *testing.T, directory string, now time.Time) *bench {
	t.Helper()
	s, err := store.Open(context.Background(), directory)
	require.NoError(t, err)
	b := &bench{store: s, broken: &brokenStore{Store: s}, now: now, window: 30 * 24 * time.Hour}
	b.Keeper = New(Settings{
		Store:     b.broken,
		Clock:     func() time.Time { return b.now },
		Window:    func(slo.Service) time.Duration { return b.window },
		Interval:  time.Hour,
		Committed: func(err error) { b.results = append(b.results, err) },
	})
	require.NoError(t, b.Start(context.Background()))
	return b
}

func (b *bench) close(t *testing.T) {
	t.Helper()
	require.NoError(t, b.Shutdown(context.Background()))
	require.NoError(t, b.store.Close())
}

func (b *bench) add(good, bad uint64) {
	b.Pending().Add(shopOK, slo.MinuteOf(b.now), good, bad, "d", w1)
}

// served returns what the Ledger says of shop.
func (b *bench) served() budget.Counts {
	v := b.Ledger().View(shop, b.now, time.Minute)
	if len(v.Indicators) == 0 {
		return budget.Counts{}
	}
	return v.Indicators[0].Counts
}

func TestServedAfterTheCommit(t *testing.T) {
	b := newBench(t, t.TempDir(), noon)
	defer b.close(t)
	b.add(3, 1)
	assert.Zero(t, b.served())
	require.NoError(t, b.Flush(context.Background()))
	assert.Equal(t, budget.Counts{Good: 3, Bad: 1}, b.served())
	assert.Equal(t, noon, b.Ledger().DurableThrough())
	assert.Equal(t, []error{nil}, b.results)
	b.now = noon.Add(time.Second)
	require.NoError(t, b.Flush(context.Background()))
	assert.Equal(t, b.now, b.Ledger().DurableThrough(), "nothing pending is all durable")
	assert.Equal(t, []error{nil}, b.results, "and needs no commit")
}

func TestARefusedCommitIsTriedAgain(t *testing.T) {
	directory := t.TempDir()
	b := newBench(t, directory, noon)
	b.add(3, 1)
	require.NoError(t, b.Flush(context.Background()))
	b.broken.before = errors.New("no space left")
	for i := range 3 {
		b.now = noon.Add(time.Duration(i+1) * time.Second)
		b.add(1, 0)
		require.ErrorContains(t, b.Flush(context.Background()), "no space left")
		assert.Equal(t, budget.Counts{Good: 3, Bad: 1}, b.served(), "what is not durable is not served")
		assert.Equal(t, noon, b.Ledger().DurableThrough(), "and that is visible")
	}
	b.broken.before = nil
	require.NoError(t, b.Flush(context.Background()))
	assert.Equal(t, budget.Counts{Good: 6, Bad: 1}, b.served())
	b.close(t)

	again := newBench(t, directory, noon)
	defer again.close(t)
	assert.Equal(t, budget.Counts{Good: 6, Bad: 1}, again.served())
}

func TestShutdownKeepsWhatIsPending(t *testing.T) {
	directory := t.TempDir()
	b := newBench(t, directory, noon)
	b.add(5, 0)
	b.close(t)
	again := newBench(t, directory, noon)
	defer again.close(t)
	assert.Equal(t, budget.Counts{Good: 5}, again.served())
}

func TestIntervalCommits(t *testing.T) {
	s, err := store.Open(context.Background(), t.TempDir())
	require.NoError(t, err)
	defer s.Close()
	k := New(Settings{
		Store: s, Clock: time.Now, Window: func(slo.Service) time.Duration { return time.Hour },
		Interval: 5 * time.Millisecond, Committed: func(error) {},
	})
	require.NoError(t, k.Start(context.Background()))
	k.Pending().Add(shopOK, slo.MinuteOf(time.Now()), 1, 0, "d", w1)
	assert.Eventually(t, func() bool { return k.Ledger().View(shop, time.Now(), time.Minute).Seen }, 5*time.Second, time.Millisecond)
	require.NoError(t, k.Shutdown(context.Background()))
}

// A restart at any moment changes no answer.
func TestRestartsChangeNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	directory := t.TempDir()
	once := newBench(t, t.TempDir(), noon) // never restarted
	defer once.close(t)
	b := newBench(t, directory, noon)
	now := noon
	for range 12 {
		for range 40 {
			now = now.Add(time.Duration(r.IntN(600)) * time.Minute)
			minute := slo.MinuteOf(now) - slo.Minute(r.IntN(120))
			good, bad := r.Uint64N(1000), r.Uint64N(10)
			definition := slo.Definition(strconv.Itoa(int(minute-slo.MinuteOf(noon)) / 20_000))
			for _, k := range []*bench{once, b} {
				k.now = now
				k.Pending().Heartbeat(minute, w1)
				k.Pending().Add(shopOK, minute, good, bad, definition, w1)
				require.NoError(t, k.Flush(context.Background()))
			}
		}
		b.close(t)
		b = newBench(t, directory, now)
		want, got := once.Ledger().View(shop, now, time.Minute), b.Ledger().View(shop, now, time.Minute)
		require.Equal(t, plain(want), plain(got))
	}
	b.close(t)
}

// plain drops what only serves BadFallsTo, which is compared by its answer.
func plain(v budget.View) any {
	type indicator struct {
		definition slo.Definition
		counts     budget.Counts
		older      []budget.Older
		half       slo.Minute
	}
	var out []indicator
	for _, i := range v.Indicators {
		out = append(out, indicator{i.Definition, i.Counts, i.Older, i.BadFallsTo(i.Counts.Bad / 2)})
	}
	v.Indicators = nil
	return []any{v, out}
}

// A longer window reaches minutes that the Ledger had dropped.
func TestRebuildReachesBack(t *testing.T) {
	b := newBench(t, t.TempDir(), noon)
	defer b.close(t)
	b.window = 7 * 24 * time.Hour
	b.add(10, 1)
	require.NoError(t, b.Flush(context.Background()))
	b.now = noon.Add(8 * 24 * time.Hour)
	b.add(1, 0)
	b.Open(shop, slo.MinuteOf(b.now), 4, w1)
	require.NoError(t, b.Flush(context.Background()))
	require.Equal(t, budget.Counts{Good: 1}, b.served())
	require.False(t, b.Ledger().WindowsChanged())
	b.window = 28 * 24 * time.Hour
	require.True(t, b.Ledger().WindowsChanged())
	require.NoError(t, b.Rebuild(context.Background()))
	assert.Equal(t, budget.Counts{Good: 11, Bad: 1}, b.served())
	assert.EqualValues(t, 4, b.Ledger().View(shop, b.now, time.Minute).Open, "gauges are carried over")
}

func TestOldMinutesAreDeleted(t *testing.T) {
	directory := t.TempDir()
	b := newBench(t, directory, noon)
	b.add(10, 1)
	require.NoError(t, b.Flush(context.Background()))
	b.now = noon.Add(slo.MaxWindow + 48*time.Hour)
	require.NoError(t, b.Flush(context.Background()))
	assert.Empty(t, b.Ledger().Services())
	b.close(t)
	again := newBench(t, directory, noon) // even for a clock set back
	defer again.close(t)
	assert.Empty(t, again.Ledger().Services())
}
