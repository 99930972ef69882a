// SPDX-License-Identifier: Apache-2.0

package burnrate

import (
	"math/big"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Names of the profiles.
const (
	Google30d = "google-30d"
	Simple    = "simple"
)

// Profile is a set of pairs of windows, the fastest burn first.
type Profile struct {
	Name string
	// Period is the budget's window that the factors were made for.
	Period time.Duration
	Pairs  []Pair
}

// Pair is one alert: it fires while the burn over both windows is greater than
// Factor.
type Pair struct {
	Severity string
	// Long shows that enough of the budget is gone, Short that it still burns.
	// Both are whole minutes.
	Long, Short time.Duration
	// Factor is the burn, in multiples of the one that spends the budget exactly
	// within the period. It is exact, as 14/15 is no decimal. It must not be
	// written to.
	Factor *big.Rat
	// For is how long both windows have to be over the factor. 0 fires at once.
	For time.Duration
}

// Reachable tells whether the pair can fire for a target at all: if every event
// is bad, the burn is 1 / (1 - target), and an alert needs more than its factor.
func (p Pair) Reachable(target slo.Ratio) bool { return p.BadShare(target).Cmp(big.NewRat(1, 1)) < 0 }

// BadShare returns the share of bad events beyond which the pair fires for a
// target: factor * (1 - target), exactly.
func (p Pair) BadShare(target slo.Ratio) *big.Rat {
	budget := target.Complement()
	share := new(big.Rat).SetFrac(new(big.Int).SetUint64(budget.Num), new(big.Int).SetUint64(budget.Den))
	return share.Mul(share, p.Factor)
}

// Windows returns each window of the pairs once, ascending.
func (p Profile) Windows() []time.Duration {
	var all []time.Duration
	for _, pair := range p.Pairs {
		all = append(all, pair.Long, pair.Short)
	}
	return sortedUnique(all)
}
