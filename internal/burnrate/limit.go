// SPDX-License-Identifier: Apache-2.0

package burnrate

import (
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Limit is the share of bad events beyond which a pair fires for a target, ready
// to be held against counts without allocation.
type Limit struct{ num, den uint64 }

// Limit returns that of a target. A factor whose share does not fit 64 bits, which
// ParseFactor does not return, is beyond reach.
func (p Pair) Limit(target slo.Ratio) Limit {
	share := p.BadShare(target)
	if !share.Num().IsUint64() || !share.Denom().IsUint64() {
		return Limit{num: 1, den: 1}
	}
	return Limit{num: share.Num().Uint64(), den: share.Denom().Uint64()}
}

// Exceeded tells whether bad of valid events are strictly more than the limit, by
// integers. Without events nothing burns.
func (l Limit) Exceeded(bad, valid uint64) bool {
	lhi, llo := bits.Mul64(bad, l.den)
	rhi, rlo := bits.Mul64(valid, l.num)
	return lhi > rhi || lhi == rhi && llo > rlo
}

// maxFactor bounds a factor: no burn is greater than 1 / (1 - target), and a
// target has at most nine digits.
const maxFactor = 1_000_000_000

// ParseFactor reads a decimal such as "14.4", or a fraction such as "14/15".
func ParseFactor(text string) (*big.Rat, error) {
	bad := fmt.Errorf("must be a decimal such as 14.4 or a fraction such as 14/15, greater than 0 and at most %d, not %q", maxFactor, text)
	if len(text) > 20 || strings.Trim(text, "0123456789./") != "" || strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/") {
		return nil, bad // big.Rat reads signs, exponents and other bases too
	}
	r, ok := new(big.Rat).SetString(text)
	top := big.NewInt(maxFactor)
	if !ok || r.Sign() <= 0 || r.Num().Cmp(top) > 0 || r.Denom().Cmp(top) > 0 {
		return nil, bad
	}
	return r, nil
}

// FactorText writes a factor as an exact decimal, or as a fraction where there is
// none.
func FactorText(f *big.Rat) string {
	if digits, exact := f.FloatPrec(); exact {
		return f.FloatString(digits)
	}
	return f.RatString()
}

// rateDigits is how many digits of a burn rate are shown.
const rateDigits = 6

// Rate returns the burn rate of counts, for display alone: rounded to six digits
// from the exact value. Without events it is 0.
func Rate(bad, valid uint64, target slo.Ratio) float64 {
	r, ok := rate(bad, valid, target)
	if !ok {
		return 0
	}
	f, err := strconv.ParseFloat(r.FloatString(rateDigits), 64)
	if err != nil {
		return 0
	}
	return f
}

// rate returns (bad / valid) / (1 - target), and false without events.
func rate(bad, valid uint64, target slo.Ratio) (*big.Rat, bool) {
	if valid == 0 {
		return nil, false
	}
	e := target.Complement()
	num := new(big.Int).Mul(integer(bad), integer(e.Den))
	return new(big.Rat).SetFrac(num, new(big.Int).Mul(integer(valid), integer(e.Num))), true
}

func integer(n uint64) *big.Int { return new(big.Int).SetUint64(n) }
