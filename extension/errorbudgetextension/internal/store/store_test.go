// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	recorded = time.Unix(1_800_000_000, 123).UTC()
)

// memory is a Sink that remembers.
type memory struct {
	increments []budget.Increment
	sights     []budget.Sight
	heartbeats []budget.Heartbeat
	durable    time.Time
}

func (m *memory) Increment(i budget.Increment) { m.increments = append(m.increments, i) }
func (m *memory) Sight(s budget.Sight)         { m.sights = append(m.sights, s) }
func (m *memory) Heartbeat(h budget.Heartbeat) { m.heartbeats = append(m.heartbeats, h) }
func (m *memory) Durable(t time.Time)          { m.durable = t }

func open(t *testing.T, directory string) *Store {
	t.Helper()
	s, err := Open(context.Background(), directory)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func load(t *testing.T, s *Store) *memory {
	t.Helper()
	m := &memory{}
	require.NoError(t, s.Load(context.Background(), m))
	return m
}

func TestWhatIsCommittedIsLoaded(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "a directory/with ? # % in it")
	s := open(t, directory)
	require.Empty(t, load(t, s).increments)
	ctx := context.Background()
	require.NoError(t, s.Commit(ctx, 1, &budget.Batch{
		Until: recorded,
		Increments: []budget.Increment{
			{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 5, Bad: 1}},
			{Series: seriesB, Minute: minute + 3},
			{Series: seriesA, Minute: minute + 1, Counts: budget.Counts{Good: 1 << 40, Bad: 2, Late: 4}},
		},
		Sights:     []budget.Sight{{Service: shop, Instance: "w", Minute: minute}},
		Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: minute}},
	}))
	require.NoError(t, s.Commit(ctx, 2, &budget.Batch{
		Until: recorded.Add(time.Second),
		Increments: []budget.Increment{
			{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 10}},
			{Series: seriesA, Minute: minute - 1, Counts: budget.Counts{Bad: 7}},
		},
		Sights:     []budget.Sight{{Service: shop, Instance: "w", Minute: minute + 9}},
		Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: minute}, {Instance: "w", Minute: minute + 1}},
	}))
	want := &memory{
		increments: []budget.Increment{
			{Series: seriesA, Minute: minute - 1},
			{Series: seriesA, Minute: minute + 1},
			{Series: seriesB, Minute: minute + 3},
			{Series: seriesB, Minute: minute + 3},
			{Series: seriesA, Minute: minute - 1, Counts: budget.Counts{Bad: 7}},
			{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 15, Bad: 1}},
			{Series: seriesA, Minute: minute + 1, Counts: budget.Counts{Good: 1 << 40, Bad: 2, Late: 4}},
		},
		sights:     []budget.Sight{{Service: shop, Instance: "w", Minute: minute}},
		heartbeats: []budget.Heartbeat{{Instance: "w", Minute: minute}, {Instance: "w", Minute: minute + 1}},
		durable:    recorded.Add(time.Second),
	}
	require.Equal(t, want, load(t, s))
	require.NoError(t, s.Close())

	again := open(t, directory)
	assert.EqualValues(t, 2, again.LastBatch())
	assert.Equal(t, want, load(t, again))
	info, err := os.Stat(directory)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestABatchIsWrittenOnce(t *testing.T) {
	directory := t.TempDir()
	s := open(t, directory)
	b := &budget.Batch{Until: recorded, Increments: []budget.Increment{{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 5}}}}
	for range 3 {
		require.NoError(t, s.Commit(context.Background(), 1, b))
	}
	assert.Equal(t, b.Increments[0], load(t, s).increments[2])
}

// A commit that fails half-way leaves nothing behind, in the file or in memory.
func TestAFailedCommitLeavesNothing(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := s.db.Exec("CREATE TRIGGER refuse BEFORE INSERT ON heartbeats BEGIN SELECT RAISE(FAIL, 'refused'); END")
	require.NoError(t, err)
	b := &budget.Batch{
		Until:      recorded,
		Increments: []budget.Increment{{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 5}}},
		Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: minute}},
	}
	require.ErrorContains(t, s.Commit(context.Background(), 1, b), "write a heartbeat")
	assert.Empty(t, load(t, s).increments)
	assert.Empty(t, s.series)
	_, err = s.db.Exec("DROP TRIGGER refuse")
	require.NoError(t, err)
	require.NoError(t, s.Commit(context.Background(), 1, b))
	assert.EqualValues(t, 5, load(t, s).increments[2].Counts.Good)
}

// The promise "on disk before it is served" hangs on these two settings.
func TestDurabilitySettings(t *testing.T) {
	s := open(t, t.TempDir())
	var mode string
	require.NoError(t, s.db.QueryRow("PRAGMA journal_mode").Scan(&mode))
	assert.Equal(t, "wal", mode)
	var synchronous int
	require.NoError(t, s.db.QueryRow("PRAGMA synchronous").Scan(&synchronous))
	assert.Equal(t, 2, synchronous, "FULL")
}

func TestRetain(t *testing.T) {
	s := open(t, t.TempDir())
	ctx := context.Background()
	require.NoError(t, s.Commit(ctx, 1, &budget.Batch{
		Until: recorded,
		Increments: []budget.Increment{
			{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 5}},
			{Series: seriesB, Minute: minute, Counts: budget.Counts{Good: 5}},
			{Series: seriesB, Minute: minute + 10, Counts: budget.Counts{Good: 6}},
		},
		Sights:     []budget.Sight{{Service: shop, Instance: "w", Minute: minute}, {Service: seriesB.Key.Service, Instance: "w", Minute: minute}},
		Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: minute}, {Instance: "w", Minute: minute + 10}},
	}))
	require.NoError(t, s.Retain(ctx, minute+10))
	m := load(t, s)
	assert.Equal(t, []budget.Increment{
		{Series: seriesB, Minute: minute},
		{Series: seriesB, Minute: minute + 10},
		{Series: seriesB, Minute: minute + 10, Counts: budget.Counts{Good: 6}},
	}, m.increments)
	assert.Equal(t, []budget.Sight{{Service: seriesB.Key.Service, Instance: "w", Minute: minute}}, m.sights)
	assert.Equal(t, []budget.Heartbeat{{Instance: "w", Minute: minute + 10}}, m.heartbeats)

	// A series that was deleted comes back with a row of its own.
	require.NoError(t, s.Commit(ctx, 2, &budget.Batch{Until: recorded, Increments: []budget.Increment{
		{Series: seriesA, Minute: minute + 11, Counts: budget.Counts{Good: 9}},
	}}))
	assert.Contains(t, load(t, s).increments, budget.Increment{Series: seriesA, Minute: minute + 11, Counts: budget.Counts{Good: 9}})
}

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, directory string)
		want    string
	}{
		{"a second process", func(t *testing.T, directory string) { open(t, directory) }, "another process has it open"},
		{"a file that is no database", func(t *testing.T, directory string) {
			require.NoError(t, os.WriteFile(filepath.Join(directory, FileName), []byte("this is no database, however long it may be"), 0o600))
		}, "the file is damaged"},
		{"a newer schema", func(t *testing.T, directory string) {
			require.NoError(t, open(t, directory).Close())
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
}
