// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestWhatIsCommittedIsLoaded(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		directory := filepath.Join(t.TempDir(), "a directory with # % in it")
		require.NoError(t, os.MkdirAll(directory, 0o700))
		s := b.open(t, directory)
		require.Equal(t, newMemory(), load(t, s))
		ctx := context.Background()
		want := newMemory()
		for n, batch := range []*budget.Batch{
			{
				Until: recorded,
				Increments: []budget.Increment{
					{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 5, Bad: 1}},
					{Series: seriesB, Minute: minute + 3},
					{Series: seriesA, Minute: minute + 1, Counts: budget.Counts{Good: 1 << 40, Bad: 2, Uncertain: 4}},
				},
				Sights:     []budget.Sight{{Service: shop, Instance: "w", Minute: minute}},
				Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: minute}},
			},
			{
				Until: recorded.Add(time.Second),
				Increments: []budget.Increment{
					{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 10}},
					{Series: seriesA, Minute: minute - 90, Counts: budget.Counts{Bad: 7}},
				},
				Sights:     []budget.Sight{{Service: shop, Instance: "w", Minute: minute + 9}},
				Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: minute}, {Instance: "w", Minute: minute + 1}},
				Cursor:     []byte("here"),
			},
		} {
			require.NoError(t, s.Commit(ctx, uint64(n+1), batch))
			want.batch(batch)
		}
		require.Equal(t, want, load(t, s))
		require.NoError(t, s.fold(ctx))
		require.Equal(t, want, load(t, s), "blocks hold what the batches held")
		require.NoError(t, s.fold(ctx), "nothing is left to fold")
		require.NoError(t, s.Close())

		again := b.open(t, directory)
		assert.EqualValues(t, 2, again.LastBatch())
		assert.Equal(t, want, load(t, again))
		assert.Empty(t, again.Damage())
		cursor, err := again.Cursor(ctx)
		require.NoError(t, err)
		assert.Equal(t, "here", string(cursor))
	})
}

func TestABatchIsWrittenOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		s := b.open(t, t.TempDir())
		batch := &budget.Batch{Until: recorded, Increments: []budget.Increment{{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 5}}}}
		for range 3 {
			require.NoError(t, s.Commit(context.Background(), 1, batch))
		}
		assert.EqualValues(t, 5, load(t, s).good(seriesA))
	})
}

// faulty fails to write: before it happened, or after.
type faulty struct {
	Values
	before, after error
}

func (f *faulty) Write(ctx context.Context, changes []Change) error {
	if f.before != nil {
		return f.before
	}
	if err := f.Values.Write(ctx, changes); err != nil {
		return err
	}
	return f.after
}

// A commit or a fold that fails may have happened or not: either way the next
// one leaves each count once.
func TestFailedWritesCountNothingTwice(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		ctx := context.Background()
		s := b.open(t, t.TempDir())
		f := &faulty{Values: s.values}
		s.values = f
		want := newMemory()
		for n := range uint64(20) {
			batch := &budget.Batch{Until: recorded.Add(time.Duration(n)), Increments: []budget.Increment{
				{Series: seriesA, Minute: minute + slo.Minute(n%3), Counts: budget.Counts{Good: 1 << n}},
			}}
			want.batch(batch)
			for _, fault := range []faulty{{before: assert.AnError}, {after: assert.AnError}} {
				f.before, f.after = fault.before, fault.after
				if n%2 == 0 || fault.before != nil {
					require.ErrorIs(t, s.Commit(ctx, s.LastBatch()+1, batch), assert.AnError)
				}
			}
			f.before, f.after = nil, nil
			require.NoError(t, s.Commit(ctx, s.LastBatch()+1, batch))
			require.Equal(t, n+1, s.LastBatch())
			if n%5 == 4 {
				f.before = assert.AnError
				require.ErrorIs(t, s.fold(ctx), assert.AnError)
				f.before, f.after = nil, assert.AnError
				require.ErrorIs(t, s.fold(ctx), assert.AnError)
				f.after = nil
				require.NoError(t, s.fold(ctx))
			}
			require.Equal(t, want, load(t, s))
		}
	})
}

// However batches are cut, folded and loaded, the same is there.
func TestFoldsAndRestartsChangeNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		ctx := context.Background()
		r := rand.New(rand.NewPCG(3, 4))
		directory := t.TempDir()
		s := b.open(t, directory)
		want := newMemory()
		now := minute
		for range 200 {
			now += slo.Minute(r.IntN(20))
			batch := &budget.Batch{Until: now.Time()}
			for range r.IntN(6) {
				id := budget.SeriesID{Key: slo.Key{Service: slo.Service{Name: strconv.Itoa(r.IntN(3))}, SLI: strconv.Itoa(r.IntN(2))}, Definition: "d"}
				batch.Increments = append(batch.Increments, budget.Increment{
					Series: id, Minute: now - slo.Minute(r.IntN(120)),
					Counts: budget.Counts{Good: r.Uint64N(1000), Bad: r.Uint64N(3), Uncertain: r.Uint64N(20) / 19},
				})
				batch.Sights = append(batch.Sights, budget.Sight{Service: id.Key.Service, Instance: strconv.Itoa(r.IntN(3)), Minute: now})
				batch.Heartbeats = append(batch.Heartbeats, budget.Heartbeat{Instance: strconv.Itoa(r.IntN(3)), Minute: now - slo.Minute(r.IntN(9))})
			}
			require.NoError(t, s.Commit(ctx, s.LastBatch()+1, batch))
			want.batch(batch)
			switch r.IntN(10) {
			case 0:
				require.NoError(t, s.fold(ctx))
			case 1:
				require.NoError(t, s.Close())
				if b.name != backends[0].name {
					// The extension holds its file until the test's end.
					next := t.TempDir()
					require.NoError(t, os.CopyFS(next, os.DirFS(directory)))
					directory = next
				}
				s = b.open(t, directory)
				require.Empty(t, s.Damage())
			}
		}
		require.Equal(t, want, load(t, s))
	})
}

// Enough batches are folded, and their values are gone.
func TestFoldHappensInTime(t *testing.T) {
	ctx := context.Background()
	s := openFiles(t, t.TempDir())
	for n := range uint64(foldBatches + 5) {
		batch := &budget.Batch{Until: recorded, Increments: []budget.Increment{{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 1}}}}
		require.NoError(t, s.Commit(ctx, n+1, batch))
		require.NoError(t, s.Fold(ctx))
	}
	assert.EqualValues(t, foldBatches, s.manifest.Folded.Batch)
	kept := 0
	s.values.(medium).Scan(ctx, func(string, []byte) { kept++ })
	const list, sights, hours = 3, 0, 1 // progress and manifest twice
	assert.Equal(t, 5+list+sights+hours, kept)
	assert.EqualValues(t, foldBatches+5, load(t, s).good(seriesA))
}

func TestRetain(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		ctx := context.Background()
		directory := t.TempDir()
		s := b.open(t, directory)
		other := seriesB.Key.Service
		require.NoError(t, s.Commit(ctx, 1, &budget.Batch{
			Until: recorded,
			Increments: []budget.Increment{
				{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 5}},
				{Series: seriesB, Minute: minute, Counts: budget.Counts{Good: 5}},
				{Series: seriesB, Minute: minute + 100, Counts: budget.Counts{Good: 6}},
			},
			Sights:     []budget.Sight{{Service: shop, Instance: "w", Minute: minute}, {Service: other, Instance: "w", Minute: minute}},
			Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: minute}, {Instance: "w", Minute: minute + 100}},
		}))
		require.NoError(t, s.Retain(ctx, minute+60))
		want := newMemory()
		want.Strip(budget.Strip{Series: seriesB, First: minute + 100, Last: minute + 100, From: minute + 100, Counts: []budget.Counts{{Good: 6}}})
		want.Sight(budget.Sight{Service: other, Instance: "w", Minute: minute})
		want.Heartbeat(budget.Heartbeat{Instance: "w", Minute: minute + 100})
		want.Durable(recorded)
		require.Equal(t, want, load(t, s), "a sight stays as long as service and writer are heard of")
		require.NoError(t, s.Retain(ctx, minute+60), "again there is nothing to do")

		// A service that was forgotten comes back.
		back := &budget.Batch{Until: recorded, Increments: []budget.Increment{{Series: seriesA, Minute: minute + 111, Counts: budget.Counts{Good: 9}}}}
		require.NoError(t, s.Commit(ctx, 2, back))
		want.batch(back)
		assert.Equal(t, want, load(t, s))
	})
}

// Single series are read from blocks as from batches, and a late count that was
// just committed is among them.
func TestMinutes(t *testing.T) {
	everywhere(t, func(t *testing.T, b backend) {
		ctx := context.Background()
		s := b.open(t, t.TempDir())
		r := rand.New(rand.NewPCG(9, 9))
		want := newMemory()
		for n := range uint64(120) {
			batch := &budget.Batch{Until: recorded}
			for _, id := range []budget.SeriesID{seriesA, seriesB, {Key: slo.Key{Service: shop, SLI: slo.HTTPLatency}, Definition: "a"}} {
				batch.Increments = append(batch.Increments, budget.Increment{
					Series: id, Minute: minute + slo.Minute(r.IntN(400)), Counts: budget.Counts{Good: r.Uint64N(500), Bad: r.Uint64N(2), Uncertain: r.Uint64N(9) / 8},
				})
			}
			require.NoError(t, s.Commit(ctx, n+1, batch))
			want.batch(batch)
			for id, k := range want.series {
				from := minute + slo.Minute(r.IntN(200))
				to := from + slo.Minute(r.IntN(200))
				got, expected := map[slo.Minute]budget.Counts{}, map[slo.Minute]budget.Counts{}
				last := slo.Minute(-1)
				require.NoError(t, s.Minutes(id, from, to, func(m slo.Minute, c budget.Counts) {
					require.Greater(t, m, last)
					got[m], last = c, m
				}))
				for m, c := range k.counts {
					if from <= m && m < to {
						expected[m] = c
					}
				}
				require.Equal(t, expected, got)
			}
		}
		unknown := budget.SeriesID{Key: slo.Key{Service: slo.Service{Name: "nobody"}}}
		require.NoError(t, s.Minutes(unknown, minute, minute+400, func(slo.Minute, budget.Counts) { assert.Fail(t, "of nobody") }))
	})
}

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, directory string)
		want    string
	}{
		{"a second process", func(t *testing.T, directory string) { openFiles(t, directory) }, "another process has it open"},
		{"another schema", func(t *testing.T, directory string) {
			require.NoError(t, openFiles(t, directory).Close())
			db, err := sql.Open("sqlite", filepath.Join(directory, FileName))
			require.NoError(t, err)
			_, err = db.Exec("PRAGMA user_version = 99")
			require.NoError(t, err)
			require.NoError(t, db.Close())
		}, "schema is version 99"},
		{"a directory where the file should be", func(t *testing.T, directory string) {
			require.NoError(t, os.Mkdir(filepath.Join(directory, FileName), 0o700))
		}, "has to be writable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			directory := t.TempDir()
			tt.prepare(t, directory)
			_, err := Open(context.Background(), directory)
			require.ErrorContains(t, err, tt.want)
			assert.ErrorContains(t, err, FileName)
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(context.Background(), file)
	assert.ErrorContains(t, err, "create the storage directory")
	directory := filepath.Join(t.TempDir(), "new")
	openFiles(t, directory)
	info, err := os.Stat(directory)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}
