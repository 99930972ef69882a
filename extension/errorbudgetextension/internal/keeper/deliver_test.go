// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

func batchOf(until time.Time, good uint64, cursor string) *budget.Batch {
	return &budget.Batch{
		Until:      until,
		Increments: []budget.Increment{{Series: budget.SeriesID{Key: shopOK, Definition: "d"}, Minute: slo.MinuteOf(until), Counts: budget.Counts{Good: good}}},
		Cursor:     []byte(cursor),
	}
}

func (b *bench) cursor(t *testing.T) string {
	t.Helper()
	raw, err := b.store.Cursor(context.Background())
	require.NoError(t, err)
	return string(raw)
}

// What a feeder delivers is served with its cursor on disk, and durable is what it
// was read up to, not what time it is.
func TestDeliver(t *testing.T) {
	directory := t.TempDir()
	b := newBench(t, directory, noon)
	b.set.Delivered = true
	read := noon.Add(-time.Hour)
	require.NoError(t, b.Deliver(context.Background(), batchOf(read, 3, "one")))
	assert.Equal(t, budget.Counts{Good: 3}, b.served())
	assert.Equal(t, "one", b.cursor(t))
	require.NoError(t, b.Flush(context.Background()))
	assert.Equal(t, read, b.Ledger().DurableThrough())
	b.close(t)

	again := newBench(t, directory, noon)
	defer again.close(t)
	assert.Equal(t, budget.Counts{Good: 3}, again.served())
	assert.Equal(t, "one", again.cursor(t))
}

// A batch that storage refuses is the Keeper's: it is committed once, before the
// next one, whoever tries.
func TestADeliveredBatchIsCommittedOnce(t *testing.T) {
	b := newBench(t, t.TempDir(), noon)
	defer b.close(t)
	ctx := context.Background()
	b.broken.before = errors.New("no space left")
	require.NoError(t, b.Deliver(ctx, batchOf(noon, 3, "one")), "it is taken")
	assert.Zero(t, b.served())
	require.ErrorContains(t, b.Deliver(ctx, batchOf(noon, 5, "two")), "no space left", "it is not")
	b.broken.before = nil
	require.NoError(t, b.Flush(ctx))
	assert.Equal(t, budget.Counts{Good: 3}, b.served())
	assert.Equal(t, "one", b.cursor(t))
	require.NoError(t, b.Deliver(ctx, batchOf(noon, 5, "two")))
	assert.Equal(t, budget.Counts{Good: 8}, b.served())

	b.broken.before = errors.New("no space left")
	require.NoError(t, b.Deliver(ctx, batchOf(noon, 1, "three")))
	b.broken.before = nil
	require.NoError(t, b.Deliver(ctx, batchOf(noon, 1, "four")))
	assert.Equal(t, budget.Counts{Good: 10}, b.served())
	assert.Equal(t, "four", b.cursor(t))
}

// The past is durable at once and served as a whole.
func TestArchive(t *testing.T) {
	b := newBench(t, t.TempDir(), noon)
	defer b.close(t)
	ctx := context.Background()
	b.add(1, 0)
	require.NoError(t, b.Flush(ctx))
	require.NoError(t, b.Archive(ctx, batchOf(noon.Add(-20*24*time.Hour), 100, "one")))
	b.broken.before = errors.New("no space left")
	require.NoError(t, b.Archive(ctx, batchOf(noon.Add(-10*24*time.Hour), 1000, "two")))
	require.ErrorContains(t, b.Serve(ctx), "no space left")
	assert.Equal(t, budget.Counts{Good: 1}, b.served())
	assert.Equal(t, noon, b.Ledger().DurableThrough())
	b.broken.before = nil
	require.NoError(t, b.Serve(ctx))
	assert.Equal(t, budget.Counts{Good: 1101}, b.served())
	assert.Equal(t, noon, b.Ledger().DurableThrough().UTC())
}
