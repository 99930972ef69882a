// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Minutes that are judged as they come are those that are judged when somebody
// asks, whatever comes late; and the archive is not asked for them, neither after
// counts came nor after a start.
func TestMinutesAreJudgedAsTheyCome(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	target := slo.MustRatio("0.9")
	archive := newMemoryArchive()
	later, asItComes := newDesk(), newDesk()
	later.ledger.UseArchive(archive)
	deaf := newMemoryArchive()
	deaf.broken = true
	asItComes.ledger.UseArchive(deaf)
	asItComes.ledger.JudgeMinutes(func(slo.Service, string) []slo.Ratio { return []slo.Ratio{target} })
	month := slo.RollingWindow(30 * 24 * time.Hour)
	minutes := map[slo.Minute]Counts{}
	judge := func(l *Ledger, now time.Time) Counts {
		tally, ok := l.View(shop, now, time.Minute).Indicators[0].Tally(month, target)
		require.True(t, ok)
		return tally.Counts
	}
	for step := range 4_000 {
		asItComes.now = asItComes.now.Add(time.Duration(r.IntN(4)) * time.Minute)
		now := slo.MinuteOf(asItComes.now)
		minute := now
		if r.IntN(4) == 0 {
			minute = max(start, minute-slo.Minute(r.IntN(maxLateness)))
		}
		asItComes.add(minute, r.Uint64N(100), r.Uint64N(12))
		b := asItComes.pending.Drain()
		archive.take(b)
		for _, i := range b.Increments {
			minutes[i.Minute] = minutes[i.Minute].Plus(i.Counts)
		}
		later.ledger.Apply(b)
		asItComes.ledger.Apply(b)
		if step%500 == 499 {
			require.Equal(t, judge(later.ledger, asItComes.now), judge(asItComes.ledger, asItComes.now), "step %d", step)
		}
	}
	again := NewLedger(func(slo.Service) time.Duration { return 30 * 24 * time.Hour })
	again.UseArchive(deaf)
	again.JudgeMinutes(func(slo.Service, string) []slo.Ratio { return []slo.Ratio{target} })
	restorer := again.Restore(asItComes.now)
	for minute := start; minute <= slo.MinuteOf(asItComes.now); minute++ {
		if c, counted := minutes[minute]; counted {
			restorer.Strip(Strip{Series: shopOK, First: minute, Last: minute, From: minute, Counts: []Counts{c}})
		}
	}
	assert.Equal(t, judge(later.ledger, asItComes.now), judge(again, asItComes.now))
	assert.False(t, again.WindowsChanged())
	again.JudgeMinutes(func(slo.Service, string) []slo.Ratio { return []slo.Ratio{slo.MustRatio("0.8")} })
	assert.True(t, again.WindowsChanged(), "another target is to be judged")
}
