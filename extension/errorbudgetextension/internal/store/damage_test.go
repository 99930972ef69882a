// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// lived is a directory in which a store lived and was killed: some hours in
// blocks, some batches behind them, the last ones in the write-ahead log.
type lived struct {
	directory string
	want      *memory
	// states are what was durable after each commit, and logs how long the log
	// was then.
	states []*memory
	logs   []int64
}

const livedCommits = 60

func live(t *testing.T) *lived {
	t.Helper()
	ctx := context.Background()
	source := t.TempDir()
	s := openFiles(t, source)
	l := &lived{directory: t.TempDir(), want: newMemory()}
	r := rand.New(rand.NewPCG(1, 1))
	commit := func(n int) {
		now := minute + slo.Minute(n*7)
		b := &budget.Batch{
			Until: now.Time().Add(time.Second),
			Increments: []budget.Increment{
				{Series: seriesA, Minute: now, Counts: budget.Counts{Good: uint64(1000 + n), Bad: uint64(n % 4)}},
				{Series: seriesB, Minute: now, Counts: budget.Counts{Good: uint64(7 * n)}},
			},
			Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: now}},
		}
		for i := range 40 { // so that blocks take several pages
			id := budget.SeriesID{Key: slo.Key{Service: slo.Service{Name: strconv.Itoa(i)}, SLI: slo.HTTPAvailability}, Definition: "d"}
			b.Increments = append(b.Increments, budget.Increment{Series: id, Minute: now, Counts: budget.Counts{Good: r.Uint64() >> 24, Bad: 1}})
		}
		if n == 0 {
			b.Sights = []budget.Sight{{Service: shop, Instance: "w", Minute: now}, {Service: seriesB.Key.Service, Instance: "w", Minute: now}}
		}
		require.NoError(t, s.Commit(ctx, uint64(n+1), b))
		l.want.batch(b)
	}
	for n := range livedCommits / 2 {
		commit(n)
	}
	require.NoError(t, s.fold(ctx))
	_, err := s.values.(*sqliteValues).db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	require.NoError(t, err)
	for n := livedCommits / 2; n < livedCommits; n++ {
		commit(n)
		l.states = append(l.states, load(t, s))
		info, err := os.Stat(filepath.Join(source, FileName+walSuffix))
		require.NoError(t, err)
		l.logs = append(l.logs, info.Size())
	}
	require.NoError(t, os.CopyFS(l.directory, os.DirFS(source)))
	return l
}

// copied returns the directory once more.
func (l *lived) copied(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	require.NoError(t, os.CopyFS(directory, os.DirFS(l.directory)))
	return directory
}

// same tells whether two stores hold the same counts and heartbeats.
func same(a, b *memory) bool {
	return maps.EqualFunc(a.series, b.series, func(x, y *known) bool { return maps.Equal(x.counts, y.counts) }) && maps.Equal(a.beats, b.beats)
}

// honest holds what a damaged store says against what was true: each minute is
// there exactly or not at all, and one that is not there is not measured. It
// tells whether any is missing.
func (l *lived) honest(t *testing.T, got *memory, what string) (missing bool) {
	t.Helper()
	measured := got.measured()
	for id, want := range l.want.series {
		have := got.series[id]
		for at, counts := range want.counts {
			if have != nil && have.counts[at] == counts {
				continue
			}
			missing = true
			require.True(t, have == nil || have.counts[at].IsZero(), "%s: %v is neither %v nor missing", what, have, counts)
			require.NotContains(t, measured, at, "%s: a minute whose counts are lost is not measured", what)
		}
		if have != nil {
			for at := range have.counts {
				require.Contains(t, want.counts, at, "%s: a minute that never was", what)
			}
		}
	}
	return missing
}

// survives opens a damaged store: what it says is honest, what is lost is said,
// the damaged file is kept, counting goes on, and the next start is sound.
func (l *lived) survives(t *testing.T, directory, what string) (lost bool) {
	t.Helper()
	ctx := context.Background()
	s, err := Open(ctx, directory)
	require.NoError(t, err, what)
	got := load(t, s)
	missing := l.honest(t, got, what)
	damage := s.Damage()
	lost = slices.ContainsFunc(damage, func(d Damage) bool { return d.Lost })
	if missing {
		require.True(t, lost, "%s: loss is said: %v", what, damage)
	}
	for _, d := range damage {
		require.FileExists(t, d.Aside, what)
		require.Contains(t, d.String(), " is damaged")
	}
	next := &budget.Batch{Until: time.Now(), Increments: []budget.Increment{{Series: seriesA, Minute: minute + 9999, Counts: budget.Counts{Good: 1}}}}
	require.NoError(t, s.Commit(ctx, s.LastBatch()+1, next), what)
	require.NoError(t, s.fold(ctx), what)
	got.batch(next)
	require.NoError(t, s.Close(), what)
	again, err := Open(ctx, directory)
	require.NoError(t, err, what)
	require.Empty(t, again.Damage(), "%s: once repaired it is sound", what)
	require.True(t, same(got, load(t, again)), "%s: and holds the same", what)
	require.NoError(t, again.Close())
	return lost
}

func TestFlippedBits(t *testing.T) {
	l := live(t)
	settled := &lived{directory: l.copied(t), want: l.want} // closed: all is in the database
	require.NoError(t, openFiles(t, settled.directory).Close())
	r := rand.New(rand.NewPCG(5, 6))
	for _, tt := range []struct {
		name  string
		of    *lived
		flips int
	}{{FileName, settled, 150}, {FileName, l, 30}, {FileName + walSuffix, l, 50}} {
		name, flips, found := tt.name, tt.flips, 0
		for range flips {
			directory := tt.of.copied(t)
			path := filepath.Join(directory, name)
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			bit := r.IntN(len(raw) * 8)
			raw[bit/8] ^= 1 << (bit % 8)
			require.NoError(t, os.WriteFile(path, raw, 0o600))
			if tt.of.survives(t, directory, name) {
				found++
			}
			require.NoError(t, os.RemoveAll(directory))
		}
		t.Logf("%s: %d of %d flipped bits cost counts", name, found, flips)
		assert.True(t, found > 0 || tt.of == l && name == FileName, "no bit mattered")
	}
}

func TestTruncatedAndOverwritten(t *testing.T) {
	l := live(t)
	for _, name := range []string{FileName, FileName + walSuffix} {
		raw, err := os.ReadFile(filepath.Join(l.directory, name))
		require.NoError(t, err)
		for _, tt := range []struct {
			what   string
			change func(raw []byte) []byte
		}{
			{"emptied", func([]byte) []byte { return nil }},
			{"cut within the first page", func(raw []byte) []byte { return raw[:1000] }},
			{"cut behind the first page", func(raw []byte) []byte { return raw[:4096] }},
			{"cut in the middle of a page", func(raw []byte) []byte { return raw[:len(raw)/2+77] }},
			{"without its last byte", func(raw []byte) []byte { return raw[:len(raw)-1] }},
			{"without a header", func(raw []byte) []byte { return append(make([]byte, 100), raw[100:]...) }},
			{"half zeros", func(raw []byte) []byte {
				return append(raw[:len(raw)/2:len(raw)/2], make([]byte, len(raw)-len(raw)/2)...)
			}},
			{"other bytes", func([]byte) []byte { return []byte("this is no database, however long it may be") }},
			{"with bytes behind", func(raw []byte) []byte { return append(raw[:len(raw):len(raw)], make([]byte, 5000)...) }},
		} {
			t.Run(name+" "+tt.what, func(t *testing.T) {
				directory := l.copied(t)
				require.NoError(t, os.WriteFile(filepath.Join(directory, name), tt.change(raw), 0o600))
				l.survives(t, directory, tt.what)
			})
		}
	}
}

// After a power loss the log ends somewhere behind what was synced: all that was
// confirmed is there, and at most the commit that was under way besides.
func TestPowerLoss(t *testing.T) {
	l := live(t)
	log, err := os.ReadFile(filepath.Join(l.directory, FileName+walSuffix))
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(7, 8))
	try := func(kept int, tail []byte, sure int) {
		directory := l.copied(t)
		defer func() { require.NoError(t, os.RemoveAll(directory)) }()
		require.NoError(t, os.WriteFile(filepath.Join(directory, FileName+walSuffix), append(log[:kept:kept], tail...), 0o600))
		// The mark is not synced: it may be any older one.
		require.NoError(t, os.Remove(filepath.Join(directory, FileName+markSuffix)))
		s, err := Open(context.Background(), directory)
		require.NoError(t, err)
		defer s.Close()
		got := load(t, s)
		assert.True(t, same(l.states[sure], got), "cut at %d: exactly what was confirmed by commit %d", kept, sure)
		assert.Empty(t, s.Damage(), "a torn end is no damage")
	}
	const header, frame = 32, 24 + 4096
	for at := header; at <= len(log); at += frame {
		sure := -1
		for k, length := range l.logs {
			if int64(at) >= length {
				sure = k
			}
		}
		if sure < 0 {
			continue // before the first commit that is in the log
		}
		try(at, nil, sure)
		if at < len(log) {
			try(at+1+r.IntN(frame-1), nil, sure) // within a frame
			junk := make([]byte, 3*frame)
			for i := range junk {
				junk[i] = byte(r.Uint32())
			}
			try(at, junk, sure) // a block that was allocated, not written
		}
	}
}

// A log that lost what was confirmed is told from one that ends there.
func TestLostCommitsAreSaid(t *testing.T) {
	l := live(t)
	directory := l.copied(t)
	require.NoError(t, os.Truncate(filepath.Join(directory, FileName+walSuffix), l.logs[10]))
	s := openFiles(t, directory)
	damage := s.Damage()
	require.Len(t, damage, 1)
	assert.True(t, damage[0].Lost)
	assert.Contains(t, damage[0].String(), "commits 42 to 60")
	assert.FileExists(t, damage[0].Aside+walSuffix)
	assert.True(t, same(l.states[10], load(t, s)) || l.honest(t, load(t, s), "cut log"))
}

// A crash while a repaired database takes its place.
func TestInterruptedRepair(t *testing.T) {
	l := live(t)
	t.Run("before the old one left", func(t *testing.T) {
		directory := l.copied(t)
		require.NoError(t, os.WriteFile(filepath.Join(directory, FileName+newSuffix), []byte("half of it"), 0o600))
		s := openFiles(t, directory)
		assert.Empty(t, s.Damage())
		assert.True(t, same(l.want, load(t, s)))
		assert.NoFileExists(t, filepath.Join(directory, FileName+newSuffix))
	})
	t.Run("after", func(t *testing.T) {
		whole := l.copied(t)
		require.NoError(t, openFiles(t, whole).Close())
		directory := l.copied(t)
		require.NoError(t, os.Rename(filepath.Join(whole, FileName), filepath.Join(directory, FileName+newSuffix)))
		require.NoError(t, os.Remove(filepath.Join(directory, FileName)))
		s := openFiles(t, directory)
		assert.Empty(t, s.Damage())
		assert.True(t, same(l.want, load(t, s)))
	})
}

// Values that a storage extension returns damaged, or not at all.
func TestDamagedValues(t *testing.T) {
	ctx := context.Background()
	everywhere(t, func(t *testing.T, b backend) {
		for _, tt := range []struct {
			keys []string
			lost bool
		}{
			{[]string{manifestKeys[0]}, false},
			{[]string{manifestKeys[1]}, false},
			{manifestKeys[:], true},
			{[]string{sightsKeys[0]}, false},
			{sightsKeys[:], true},
			{[]string{progressKey}, false},
			{[]string{hourKey(minute)}, true},
			{[]string{batchKey(35)}, true},
			{[]string{batchKey(35), batchKey(36), batchKey(60)}, true},
			{[]string{cursorKey}, false},
		} {
			for _, gone := range []bool{false, true} {
				if gone && len(tt.keys) > 1 || gone && (tt.keys[0] == sightsKeys[0] || tt.keys[0] == cursorKey) {
					continue
				}
				s, want := populated(t, b)
				w := []Change{}
				for _, key := range tt.keys {
					value := []byte("something else")
					if gone {
						value = nil
					}
					w = append(w, Change{key, value})
				}
				require.NoError(t, s.values.Write(ctx, w))
				again, err := open(ctx, s.values, nil)
				require.NoError(t, err)
				damage := again.Damage()
				require.NotEmpty(t, damage, "%v", tt.keys)
				lost := slices.ContainsFunc(damage, func(d Damage) bool { return d.Lost })
				assert.Equal(t, tt.lost, lost, "%v: %v", tt.keys, damage)
				got := load(t, again)
				l := &lived{want: want}
				counts := l.honest(t, got, tt.keys[0])
				if !tt.lost {
					assert.False(t, counts, "%v", tt.keys)
					assert.True(t, same(want, got))
				}
				more := &budget.Batch{Until: recorded.Add(time.Hour), Increments: []budget.Increment{{Series: seriesA, Minute: minute, Counts: budget.Counts{Good: 1}}}}
				require.NoError(t, again.Commit(ctx, again.LastBatch()+1, more))
				require.NoError(t, again.fold(ctx))
				third, err := open(ctx, again.values, nil)
				require.NoError(t, err)
				assert.Empty(t, third.Damage())
				require.NoError(t, third.Close())
			}
		}
	})
}

// populated is a store with an hour in a block and batches behind it.
func populated(t *testing.T, b backend) (*Store, *memory) {
	t.Helper()
	ctx := context.Background()
	s := b.open(t, t.TempDir())
	want := newMemory()
	for n := range livedCommits {
		now := minute + slo.Minute(n)
		batch := &budget.Batch{
			Until:      now.Time(),
			Increments: []budget.Increment{{Series: seriesA, Minute: now, Counts: budget.Counts{Good: 10}}},
			Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: now}},
			Sights:     []budget.Sight{{Service: shop, Instance: "w", Minute: now}},
			Cursor:     []byte{byte(n)},
		}
		require.NoError(t, s.Commit(ctx, uint64(n+1), batch))
		want.batch(batch)
		if n == livedCommits/2 {
			require.NoError(t, s.fold(ctx))
		}
	}
	return s, want
}

// Commits reach the disk before they are confirmed.
func TestCommitsAreSynced(t *testing.T) {
	s := openFiles(t, t.TempDir())
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "locking_mode": "exclusive"} {
		var got string
		require.NoError(t, s.values.(*sqliteValues).db.QueryRow("PRAGMA "+pragma).Scan(&got))
		assert.Equal(t, want, got, pragma)
	}
}
