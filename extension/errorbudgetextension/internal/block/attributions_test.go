// SPDX-License-Identifier: Apache-2.0

package block

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

type attributed map[budget.Attribution]bool

func (a attributed) Attribution(x budget.Attribution) { a[x] = true }

func someAttributions(r *rand.Rand) *Attributions {
	t := &Attributions{}
	for range r.IntN(40) {
		t.Attribution(budget.Attribution{
			Series: budget.SeriesID{Key: slo.Key{Service: slo.Service{Name: strconv.Itoa(r.IntN(3)), Environment: "e"}, SLI: slo.HTTPLatency}, Definition: "d"},
			Hour:   HourOf(noon) + slo.Minute(r.IntN(48))*MaxWidth,
			Part:   slo.Part{Dimension: slo.Dimension(r.IntN(4)), Name: strconv.Itoa(r.IntN(5) * r.IntN(2))},
			Counts: budget.Counts{Good: r.Uint64N(math.MaxUint64 / 100), Bad: r.Uint64N(1000)},
		})
	}
	return t
}

func TestAttributionsAreReadAsWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		wrote, got := attributed{}, attributed{}
		a := someAttributions(r)
		a.give(wrote)
		require.NoError(t, ReadAttributions(a.Append(nil), got))
		assert.Equal(t, wrote, got)
	}
}

func FuzzReadAttributions(f *testing.F) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 5 {
		f.Add(someAttributions(r).Append(nil))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := attributed{}
		if ReadAttributions(raw, got) != nil {
			require.Empty(t, got, "of what is malformed nothing is given")
			return
		}
		again := &Attributions{}
		for a := range got {
			require.Zero(t, a.Hour%MaxWidth)
			again.Attribution(a)
		}
		back := attributed{}
		require.NoError(t, ReadAttributions(again.Append(nil), back))
		require.Equal(t, got, back)
	})
}
