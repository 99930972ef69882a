// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"time"

	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Outlook returns what becomes of the window's budget if it goes on to burn as
// over some recent counts, and if it will be exhausted, after how long. The
// objective is the target share of good events.
func (t Tally) Outlook(objective slo.Ratio, recent Counts) (burnrate.Outlook, time.Duration) {
	if t.of == nil {
		return burnrate.NotBurning, 0 // nothing was counted, or it cannot be read
	}
	return burnrate.Budget{
		Target:  objective,
		Bad:     t.Counts.Bad,
		Valid:   t.Counts.Good + t.Counts.Bad,
		Window:  time.Duration(t.Span.minutes()) * time.Minute,
		Elapsed: time.Duration(max(t.Elapsed, 1)) * time.Minute,
		Resets:  t.Span.Resets > 0,
	}.Outlook(recent.Bad, recent.Good+recent.Bad)
}
