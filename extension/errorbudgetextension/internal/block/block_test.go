// SPDX-License-Identifier: Apache-2.0

package block

import (
	"encoding/binary"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const noon = slo.Minute(29_500_020) // at no hour's start

// flat is a BatchSink that remembers everything by minute.
type flat struct {
	counts map[budget.SeriesID]map[slo.Minute]budget.Counts
	heard  map[budget.SeriesID][2]slo.Minute
	beats  map[budget.Heartbeat]bool
	sights []budget.Sight
	until  time.Time
}

func newFlat() *flat {
	return &flat{
		counts: map[budget.SeriesID]map[slo.Minute]budget.Counts{}, heard: map[budget.SeriesID][2]slo.Minute{},
		beats: map[budget.Heartbeat]bool{},
	}
}

func (f *flat) add(id budget.SeriesID, first, last, at slo.Minute, c budget.Counts) {
	if h, ok := f.heard[id]; ok {
		first, last = min(first, h[0]), max(last, h[1])
	}
	f.heard[id] = [2]slo.Minute{first, last}
	if c.IsZero() {
		return
	}
	if f.counts[id] == nil {
		f.counts[id] = map[slo.Minute]budget.Counts{}
	}
	f.counts[id][at] = f.counts[id][at].Plus(c)
}

func (f *flat) Strip(s budget.Strip) {
	for i, c := range s.Counts {
		f.add(s.Series, s.First, s.Last, s.From+slo.Minute(i), c)
	}
}
func (f *flat) Heartbeat(h budget.Heartbeat) { f.beats[h] = true }
func (f *flat) Sight(s budget.Sight)         { f.sights = append(f.sights, s) }
func (f *flat) Durable(t time.Time)          { f.until = t }

// made returns a batch over some hours with everything that may be in one.
func made(r *rand.Rand, increments int) (*budget.Batch, *flat) {
	b := &budget.Batch{Until: time.Unix(1_800_000_000, r.Int64N(1e9)).UTC()}
	want := newFlat()
	want.until = b.Until
	for range increments {
		i := budget.Increment{
			Series: budget.SeriesID{
				Key:        slo.Key{Service: slo.Service{Name: strconv.Itoa(r.IntN(4)), Namespace: strconv.Itoa(r.IntN(2))}, SLI: strconv.Itoa(r.IntN(3))},
				Definition: slo.Definition(strconv.Itoa(r.IntN(2))),
			},
			Minute: noon - slo.Minute(r.IntN(200)),
		}
		switch r.IntN(6) {
		case 0: // known, and nothing counted
		case 1:
			i.Counts = budget.Counts{Good: math.MaxUint64 >> (8 + r.IntN(40)), Uncertain: r.Uint64N(3)}
		case 2:
			i.Counts = budget.Counts{Uncertain: 1}
		default:
			i.Counts = budget.Counts{Good: r.Uint64N(300), Bad: r.Uint64N(3)}
		}
		b.Increments = append(b.Increments, i)
		want.add(i.Series, i.Minute, i.Minute, i.Minute, i.Counts)
	}
	for n := range r.IntN(20) {
		h := budget.Heartbeat{Instance: strconv.Itoa(n % 3), Minute: noon - slo.Minute(r.IntN(200))}
		b.Heartbeats = append(b.Heartbeats, h)
		want.beats[h] = true
		s := budget.Sight{Service: slo.Service{Name: "s", Environment: strconv.Itoa(n)}, Instance: "", Minute: h.Minute}
		b.Sights = append(b.Sights, s)
		want.sights = append(want.sights, s)
	}
	return b, want
}

func TestBatchesReadAsTheyWereWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		b, want := made(r, n)
		got := newFlat()
		require.NoError(t, ReadBatch(AppendBatch(nil, b), got))
		require.Equal(t, want, got)
	}
}

// The order in which counts came leaves no trace in the bytes.
// What is folded has the same bytes in any order. A batch is written as it comes, and
// read as the same counts.
func TestTheSameInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	b, _ := made(r, 200)
	b.Sights = nil
	folded := func() (hours [][]byte) {
		parts := map[slo.Minute]*Part{}
		for _, i := range b.Increments {
			hour := HourOf(i.Minute)
			if parts[hour] == nil {
				parts[hour] = NewPart(hour, MaxWidth)
			}
			parts[hour].Add(i)
		}
		for _, hour := range slices.Sorted(maps.Keys(parts)) {
			hours = append(hours, parts[hour].Append(nil))
		}
		return hours
	}
	counted := func() *flat {
		f := newFlat()
		require.NoError(t, ReadBatch(AppendBatch(nil, b), f))
		return f
	}
	hours, counts := folded(), counted()
	for range 20 {
		r.Shuffle(len(b.Increments), func(i, j int) { b.Increments[i], b.Increments[j] = b.Increments[j], b.Increments[i] })
		require.Equal(t, hours, folded())
		require.Equal(t, counts, counted())
	}
}

// Indicators of the same events share the column of valid ones.
func TestValidIsWrittenOnceAService(t *testing.T) {
	one, two := NewPart(noon, MaxWidth), NewPart(noon, MaxWidth)
	r := rand.New(rand.NewPCG(5, 6))
	for m := range slo.Minute(MaxWidth) {
		valid, failed, slow := 1000+r.Uint64N(1000), r.Uint64N(2), r.Uint64N(9)
		add := func(p *Part, sli string, bad uint64) {
			id := budget.SeriesID{Key: slo.Key{Service: slo.Service{Name: "shop"}, SLI: sli}}
			p.Add(budget.Increment{Series: id, Minute: noon + m, Counts: budget.Counts{Good: valid - bad, Bad: bad}})
		}
		add(one, slo.HTTPAvailability, failed)
		add(two, slo.HTTPAvailability, failed)
		add(two, slo.HTTPLatency, slow)
	}
	assert.Less(t, len(two.Append(nil))-len(one.Append(nil)), 60+25, "a byte a minute, and the name")
}

func TestSealTellsWhatIsWrong(t *testing.T) {
	sealed, err := Seal("hour/60", []byte("something worth keeping"))
	require.NoError(t, err)
	raw, err := Unseal("hour/60", sealed)
	require.NoError(t, err)
	assert.Equal(t, "something worth keeping", string(raw))
	_, err = Unseal("hour/120", sealed)
	require.ErrorIs(t, err, ErrDamaged, "another key's value")
	for bit := range len(sealed) * 8 {
		damaged := append([]byte{}, sealed...)
		damaged[bit/8] ^= 1 << (bit % 8)
		_, err := Unseal("hour/60", damaged)
		require.ErrorIs(t, err, ErrDamaged, "bit %d", bit)
	}
	for n := range sealed {
		_, err := Unseal("hour/60", sealed[:n])
		require.ErrorIs(t, err, ErrDamaged, "cut at %d", n)
	}
}

func TestMalformedGivesNothing(t *testing.T) {
	p := NewPart(noon, 3)
	p.Add(budget.Increment{Series: budget.SeriesID{Definition: "d"}, Minute: noon, Counts: budget.Counts{Good: 3, Bad: 1}})
	p.Heartbeat(budget.Heartbeat{Instance: "w", Minute: noon})
	raw := p.Append(nil)
	for n := range raw {
		got := newFlat()
		require.Error(t, Read(raw[:n], got), "cut at %d", n)
		require.Equal(t, newFlat(), got)
	}
	require.Error(t, Read(append(raw, 0), newFlat()), "more than a Part")
	for name, head := range map[string][]byte{
		"no minutes":       binary.AppendUvarint(binary.AppendUvarint(nil, uint64(noon)), 0),
		"too many minutes": binary.AppendUvarint(binary.AppendUvarint(nil, uint64(noon)), MaxWidth+1),
		"a year to come":   binary.AppendUvarint(binary.AppendUvarint(nil, 1<<40), 60),
	} {
		require.Error(t, Read(head, newFlat()), name)
	}
}

func FuzzRead(f *testing.F) {
	r := rand.New(rand.NewPCG(9, 10))
	for n := range 8 {
		b, _ := made(r, n*9)
		f.Add(AppendBatch(nil, b))
		for _, h := range hoursOf(b) {
			f.Add(appendRows(nil, h.from, h.width(), h.rows, h.beats))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := newFlat()
		if ReadBatch(raw, got) != nil {
			assert.Equal(t, newFlat(), got, "nothing of what is malformed")
		}
		got = newFlat()
		if Read(raw, got) != nil {
			assert.Equal(t, newFlat(), got, "nothing of what is malformed")
			return
		}
		// What reads as a Part is read the same series by series.
		h, err := OpenHour(raw)
		require.NoError(t, err)
		for _, e := range h.header.entries {
			require.NoError(t, h.Minutes(e.id, 0, math.MaxInt64, func(slo.Minute, budget.Counts) {}))
		}
	})
}
