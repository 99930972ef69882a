// SPDX-License-Identifier: Apache-2.0

package burnrate

import (
	"slices"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Pages tells whether a severity wakes somebody; the others can wait for the
// morning.
func Pages(severity string) bool { return slices.Contains([]string{"page", "critical"}, severity) }

// fastBurn is the longest window of a pair that shows a fast burn.
const fastBurn = time.Hour

// Fast tells whether the pair shows a burn so fast that no release is to go to
// all while it fires.
func (p Pair) Fast() bool { return Pages(p.Severity) && p.Long <= fastBurn }

// Alert names the pair as an objective's alerts_off does.
func (p Pair) Alert() string {
	if Pages(p.Severity) {
		return alertPage
	}
	return alertTicket
}

// Names of alerts in alerts_off.
const (
	alertPage   = "page"
	alertTicket = "ticket"
)

// Split returns the pairs that can fire for a target, and those that never can.
func Split(pairs []Pair, target slo.Ratio) (can, cannot []Pair) {
	for _, p := range pairs {
		if p.Reachable(target) {
			can = append(can, p)
		} else {
			cannot = append(cannot, p)
		}
	}
	return can, cannot
}
