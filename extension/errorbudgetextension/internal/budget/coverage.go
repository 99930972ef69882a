// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// Coverage says how much of the window was measured, in minutes of writers: with
// one writer, plain minutes.
type Coverage struct {
	Measured, Elapsed uint64
}

// Share returns the measured share. Where no minute elapsed, nothing was
// measured.
func (c Coverage) Share() float64 {
	if c.Elapsed == 0 {
		return 0
	}
	return float64(c.Measured) / float64(c.Elapsed)
}

// writerGone is after how many minutes of silence a writer is taken to have left
// for good, if another one speaks for the service: a host that was removed is no
// blind spot for the rest of the window, a host that crashed is one for a day.
const writerGone = 24 * 60

// coverage adds up the writers that ever counted for the service. Each owes the
// closed minutes since the later of the window's start and its first sight. The
// open minute is owed by none, and measured if it is.
func (l *Ledger) coverage(s *service, start, now slo.Minute) Coverage {
	var c Coverage
	latest := l.lastMeasured(s)
	for _, by := range s.sights {
		m, first := l.writers[by.instance], by.first
		from, to := max(first, start), now
		if m != nil && m.newest < latest && m.newest < now-writerGone {
			to = m.newest + 1
		}
		if to > from {
			c.Elapsed += uint64(to - from)
		}
		if m == nil {
			continue
		}
		c.Measured += m.count(from, to)
		if m.has(now) && to == now {
			c.Measured++
			c.Elapsed++
		}
	}
	return c
}

// lastMeasured returns the newest minute that any writer of the service
// measured, or -1. A report of open requests is a measurement too: of a service
// that hangs from its first request on it is the only one.
func (l *Ledger) lastMeasured(s *service) slo.Minute {
	latest := slo.Minute(-1)
	for _, by := range s.sights {
		if m := l.writers[by.instance]; m != nil {
			latest = max(latest, m.newest)
		}
	}
	for _, report := range s.opens {
		latest = max(latest, report.minute)
	}
	return latest
}
