// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math/big"
	"math/bits"
	"strconv"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Spend is how much of an error budget was spent. With E = 1 - objective, the
// budget of the window is valid * E bad events, and the remaining share is
// 1 - bad / (valid * E). It is negative when more was spent than there was.
//
// Comparisons multiply integers crosswise, in 128 bits: a float flips the state
// at the boundary.
type Spend struct {
	Good, Bad uint64
	// Objective is greater than 0 and less than 1.
	Objective slo.Ratio
}

// Valid is the number of events that the objective is about.
func (s Spend) Valid() uint64 { return s.Good + s.Bad }

// AtLeast tells whether the remaining share is share or more. Without events
// nothing is spent.
func (s Spend) AtLeast(share slo.Ratio) bool {
	num, den := s.allowance(share)
	lhi, llo := bits.Mul64(s.Bad, den)
	rhi, rlo := bits.Mul64(s.Valid(), num)
	return lhi < rhi || lhi == rhi && llo <= rlo
}

// MaxBad returns the most bad events, of as many valid ones, that leave share
// or more.
func (s Spend) MaxBad(share slo.Ratio) uint64 {
	num, den := s.allowance(share)
	hi, lo := bits.Mul64(s.Valid(), num)
	quotient, _ := bits.Div64(hi, lo, den) // num <= den, so it fits
	return quotient
}

// allowance returns E * (1 - share), the share of valid events that may be bad
// while share is left. Both ratios have at most nine digits, so the products fit
// into 64 bits.
func (s Spend) allowance(share slo.Ratio) (num, den uint64) {
	e, spendable := s.Objective.Complement(), share.Complement()
	return e.Num * spendable.Num, e.Den * spendable.Den
}

// displayDigits is how many digits of the remaining share are shown.
const displayDigits = 6

// Remaining returns the remaining share, for display alone: rounded to six
// digits from the exact value. Without events it is 1.
func (s Spend) Remaining() float64 {
	if s.Valid() == 0 {
		return 1
	}
	if spent, budget, ok := s.spent(); ok {
		if f, ok := shown(budget-spent, spent > budget, budget); ok {
			return f
		}
	}
	e := s.Objective.Complement()
	budget := new(big.Int).Mul(integer(s.Valid()), integer(e.Num))
	left := new(big.Int).Mul(integer(s.Bad), integer(e.Den))
	left.Sub(budget, left)
	f, err := strconv.ParseFloat(new(big.Rat).SetFrac(left, budget).FloatString(displayDigits), 64)
	if err != nil || f == 0 { // never -0
		return 0
	}
	return f
}

// spent returns the spent share as two integers, if they fit into 64 bits: nearly
// always, and much faster than a big.Rat.
func (s Spend) spent() (num, den uint64, ok bool) {
	e := s.Objective.Complement()
	overBad, num := bits.Mul64(s.Bad, e.Den)
	overValid, den := bits.Mul64(s.Valid(), e.Num)
	return num, den, overBad == 0 && overValid == 0 && den > 0
}

// shown is left/of, rounded to displayDigits half away from zero, if that fits. A
// negative left is told as such, in two's complement.
func shown(left uint64, negative bool, of uint64) (float64, bool) {
	const unit, exact = 1e6, 1 << 53 // unit: ten to the power of displayDigits
	if negative {
		left = -left
	}
	hi, lo := bits.Mul64(left, unit)
	if hi >= of {
		return 0, false
	}
	quotient, rest := bits.Div64(hi, lo, of)
	if rest >= of-rest {
		quotient++
	}
	if quotient >= exact {
		return 0, false
	}
	if negative && quotient > 0 { // never -0
		return -float64(quotient) / unit, true
	}
	return float64(quotient) / unit, true
}

// Multiple returns the share of bad events as a multiple of what the objective
// permits, for display alone: the float next to the exact value. Without events
// there is none.
func (s Spend) Multiple() (rate float64, ok bool) {
	if s.Valid() == 0 {
		return 0, false
	}
	const exact = 1 << 53
	if num, den, ok := s.spent(); ok && num < exact && den < exact {
		return float64(num) / float64(den), true
	}
	rate, _ = s.burnt().Float64()
	return rate, true
}

// Cost returns which share of the budget some of its bad events are, for display
// alone: rounded to six digits. Without events it is 0.
func (s Spend) Cost(bad uint64) float64 {
	if s.Valid() == 0 {
		return 0
	}
	part := Spend{Good: s.Valid() - bad, Bad: bad, Objective: s.Objective}
	f, err := strconv.ParseFloat(part.burnt().FloatString(displayDigits), 64)
	if err != nil {
		return 0
	}
	return f
}

func integer(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

// Less tells whether a smaller share is left of s than of o: whether
// bad / (valid * E) is greater. Without events nothing is spent.
func (s Spend) Less(o Spend) bool {
	if s.Valid() == 0 || o.Valid() == 0 {
		return s.Bad > 0 && o.Bad == 0
	}
	num, den, ok := s.spent()
	oNum, oDen, oOK := o.spent()
	if !ok || !oOK {
		return s.burnt().Cmp(o.burnt()) > 0
	}
	hi, lo := bits.Mul64(num, oDen)
	oHi, oLo := bits.Mul64(oNum, den)
	return hi > oHi || hi == oHi && lo > oLo
}

// burnt returns the spent share.
func (s Spend) burnt() *big.Rat {
	if s.Valid() == 0 {
		return new(big.Rat)
	}
	e := s.Objective.Complement()
	spent := new(big.Int).Mul(integer(s.Bad), integer(e.Den))
	return new(big.Rat).SetFrac(spent, new(big.Int).Mul(integer(s.Valid()), integer(e.Num)))
}
