// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestSpendWorkedCases(t *testing.T) {
	half, fifth := slo.MustRatio("0.5"), slo.MustRatio("0.2")
	for _, tt := range []struct {
		name          string
		bad           uint64
		remaining     float64
		half, atFifth bool
	}{
		{"exactly half is left", 2_500, 0.5, true, true},
		{"one event below half", 2_501, 0.4998, false, true},
		{"exactly a fifth is left", 4_000, 0.2, false, true},
		{"one event below a fifth", 4_001, 0.1998, false, false},
		{"more was spent than there was", 6_000, -0.2, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := Spend{Good: 10_000_000 - tt.bad, Bad: tt.bad, Objective: slo.MustRatio("0.9995")}
			assert.Equal(t, tt.remaining, s.Remaining())
			assert.Equal(t, tt.half, s.AtLeast(half))
			assert.Equal(t, tt.atFifth, s.AtLeast(fifth))
			assert.EqualValues(t, 2_500, s.MaxBad(half))
			assert.EqualValues(t, 4_000, s.MaxBad(fifth))
		})
	}
}

func TestSpendWithoutEvents(t *testing.T) {
	s := Spend{Objective: slo.MustRatio("0.9995")}
	assert.Equal(t, 1.0, s.Remaining())
	assert.True(t, s.AtLeast(slo.MustRatio("0.5")))
	assert.Zero(t, s.MaxBad(slo.MustRatio("0.5")))
}

func TestSpendIsNeverMinusZero(t *testing.T) {
	s := Spend{Good: 999_999_999_999, Bad: 1_000_000_001, Objective: slo.MustRatio("0.999")}
	assert.False(t, math.Signbit(s.Remaining()), "rounded to zero from below")
}

// The 128-bit comparison has to agree with rational numbers everywhere, at the
// largest counts too.
func TestSpendAgreesWithRationals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	objectives := []string{"0.9", "0.99", "0.995", "0.9995", "0.999999999", "0.000000001"}
	shares := []string{"0", "0.2", "0.5", "0.123456789", "0.999999999"}
	for range 20_000 {
		objective, share := slo.MustRatio(objectives[r.IntN(len(objectives))]), slo.MustRatio(shares[r.IntN(len(shares))])
		valid := r.Uint64N(1 << (1 + r.UintN(62)))
		s := Spend{Objective: objective, Good: valid}
		// Bad events close to the boundary, where a mistake shows.
		limit := s.MaxBad(share)
		s.Bad = min(limit+r.Uint64N(3), valid)
		s.Good = valid - s.Bad

		e := objective.Complement()
		allowed := new(big.Rat).Mul(rat(valid, 1), rat(e.Num, e.Den))
		allowed.Mul(allowed, rat(share.Den-share.Num, share.Den))
		want := rat(s.Bad, 1).Cmp(allowed) <= 0
		assert.Equal(t, want, s.AtLeast(share), "%+v at %s", s, share)
		assert.Equal(t, s.Bad <= limit, want, "%+v at %s", s, share)

		if valid == 0 {
			continue
		}
		spent := new(big.Rat).Quo(rat(s.Bad, 1), new(big.Rat).Mul(rat(valid, 1), rat(e.Num, e.Den)))
		left, err := strconv.ParseFloat(new(big.Rat).Sub(rat(1, 1), spent).FloatString(displayDigits), 64)
		require.NoError(t, err)
		assert.InDelta(t, left, s.Remaining(), 0, "%+v", s)
		multiple, ok := s.Multiple()
		assert.True(t, ok)
		exact, _ := spent.Float64()
		assert.InDelta(t, exact, multiple, 0, "%+v", s)
		o := Spend{Objective: objective, Good: s.Good + r.Uint64N(3), Bad: s.Bad + r.Uint64N(3)}
		other := new(big.Rat).Quo(rat(o.Bad, 1), new(big.Rat).Mul(rat(o.Valid(), 1), rat(e.Num, e.Den)))
		assert.Equal(t, spent.Cmp(other) > 0, s.Less(o), "%+v, %+v", s, o)
	}
}

func TestSpendLess(t *testing.T) {
	lax, strict := slo.MustRatio("0.9"), slo.MustRatio("0.999")
	assert.True(t, Spend{Good: 999, Bad: 1, Objective: strict}.Less(Spend{Good: 999, Bad: 1, Objective: lax}))
	assert.False(t, Spend{Good: 999, Bad: 1, Objective: lax}.Less(Spend{Good: 999, Bad: 1, Objective: strict}))
	assert.False(t, Spend{Objective: strict}.Less(Spend{Objective: lax}), "none spent anything")
}

func rat(num, den uint64) *big.Rat { return new(big.Rat).SetFrac(integer(num), integer(den)) }

func TestSpendCost(t *testing.T) {
	s := Spend{Good: 9_990_000, Bad: 10_000, Objective: slo.MustRatio("0.9995")}
	assert.Equal(t, 0.5, s.Cost(2_500))
	assert.Equal(t, 2.0, s.Cost(10_000))
	assert.Equal(t, 0.0002, s.Cost(1))
	assert.Zero(t, Spend{Objective: s.Objective}.Cost(0))
}
