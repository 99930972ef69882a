// SPDX-License-Identifier: Apache-2.0

package burnrate

import (
	"math/big"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Budget is an error budget as it stands at an instant.
type Budget struct {
	Target slo.Ratio
	// Bad of Valid events were counted in the window so far.
	Bad, Valid uint64
	// Window is its whole length, Elapsed how much of it the counts come from: less
	// while a calendar's goes on, or while nobody counted for that long. Both are
	// whole minutes, and 0 < Elapsed <= Window.
	Window, Elapsed time.Duration
	// Resets tells that the budget is whole again once the window is over; if not,
	// the window rolls.
	Resets bool
}

// Outlook is what becomes of a budget that goes on to burn as it does.
type Outlook string

const (
	// Exhausted: nothing is left.
	Exhausted Outlook = "exhausted"
	// Burning: it will be exhausted at a time that is known.
	Burning Outlook = "burning"
	// Lasting: it burns, and so slowly that the window is over before.
	Lasting Outlook = "lasting"
	// NotBurning: no bad event is recent.
	NotBurning Outlook = "not_burning"
)

// Outlook returns what becomes of the budget if it goes on to burn as over some
// recent events, with the traffic that the window has on average, and if it will
// be exhausted, after how long, in whole minutes.
//
// With W the window, t what elapsed of it, r the share that is left and b the
// burn, the budget of a window that is full lasts for r * W / b. While the window
// fills, the budget grows with every event: then it lasts for r * t / (b - 1), or
// for (W - (1 - r) * t) / b if it lasts until the window is full. What leaves a
// rolling window is left out, so the budget may last longer, never shorter.
func (b Budget) Outlook(recentBad, recentValid uint64) (Outlook, time.Duration) {
	switch {
	case b.exhausted():
		return Exhausted, 0
	case recentBad == 0 || recentValid == 0:
		return NotBurning, 0
	case b.surelyLasts(recentBad, recentValid):
		return Lasting, 0
	}
	return b.outlook(recentBad, recentValid)
}

// exhausted tells whether nothing is left, by integers.
func (b Budget) exhausted() bool {
	return b.Valid > 0 && b.Target.Complement().Cmp(b.Bad, b.Valid) <= 0
}

// doubt is many times the relative error of the few floats that surelyLasts makes.
const doubt = 1e-9

// surelyLasts tells that the budget outlasts its window by more than floats can
// err, so that the exact fractions, which allocate, are for the few that burn.
func (b Budget) surelyLasts(recentBad, recentValid uint64) bool {
	e := b.Target.Complement()
	each := float64(e.Num) / float64(e.Den)
	left := 1.0
	if b.Valid > 0 {
		left -= float64(b.Bad) / float64(b.Valid) / each
	}
	burn := float64(recentBad) / float64(recentValid) / each
	window, elapsed := float64(b.Window/time.Minute), float64(b.Elapsed/time.Minute)
	return window-elapsed+left*elapsed > burn*window+doubt*(1+burn)*window
}

// outlook is Outlook of a budget that is left and burns.
func (b Budget) outlook(recentBad, recentValid uint64) (Outlook, time.Duration) {
	left := big.NewRat(1, 1)
	if spent, any := rate(b.Bad, b.Valid, b.Target); any {
		left.Sub(left, spent)
	}
	burn, _ := rate(recentBad, recentValid, b.Target)
	window, elapsed := minutes(b.Window), minutes(b.Elapsed)
	unspent := new(big.Rat).Mul(left, elapsed) // in minutes of the burn 1
	ahead := new(big.Rat).Sub(window, elapsed)
	lasts := new(big.Rat).Add(ahead, unspent)
	lasts.Quo(lasts, burn)
	if lasts.Cmp(ahead) < 0 { // so the burn is more than 1
		lasts.Quo(unspent, burn.Sub(burn, big.NewRat(1, 1)))
	} else if b.Resets {
		return Lasting, 0
	}
	if lasts.Cmp(window) > 0 { // all of today's bad events will have left by then
		return Lasting, 0
	}
	whole := new(big.Int).Quo(lasts.Num(), lasts.Denom())
	return Burning, time.Duration(whole.Int64()) * time.Minute
}

func minutes(d time.Duration) *big.Rat { return big.NewRat(int64(d/time.Minute), 1) }
