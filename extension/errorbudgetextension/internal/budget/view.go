// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"cmp"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// View is what the Ledger knows of one service at one instant. The caller owns
// it.
type View struct {
	Service slo.Service
	// Seen tells whether any writer ever counted for the service.
	Seen      bool
	FirstSeen slo.Minute
	Window    time.Duration
	Activity  Activity
	Open      uint64
	Coverage  Coverage
	// LastMeasured is the newest measured minute, -1 if there is none.
	LastMeasured slo.Minute
	// Indicators are ordered by name.
	Indicators []Indicator
}

// Indicator is one indicator's window, by its current definition.
type Indicator struct {
	SLI        string
	Definition slo.Definition
	// Counts are those of [t - W, t) and of the open minute, without Excluded.
	Counts Counts
	// Excluded are those of minutes that no verdict counts.
	Excluded Counts
	// Older are windows of the definitions before, which no verdict uses.
	Older []Older

	series *series
	span   Span
	at     time.Time
	ledger *Ledger
}

// Older is the window of a definition that counts no more.
type Older struct {
	Definition slo.Definition
	Counts     Counts
	// Last is its newest minute.
	Last slo.Minute
}

// View returns what is known of a service at an instant. A service whose writers
// did not measure for staleAfter is unmeasured.
func (l *Ledger) View(id slo.Service, now time.Time, staleAfter time.Duration) (v View) {
	sh := l.shardOf(id.Name)
	sh.ask(func() { v = sh.view(id, now, staleAfter) })
	return v
}

func (sh *shard) view(id slo.Service, now time.Time, staleAfter time.Duration) View {
	l := sh.ledger
	v := View{Service: id, FirstSeen: -1, LastMeasured: -1, Activity: Unmeasured}
	s, ok := sh.services[id]
	if !ok {
		return v
	}
	minute := slo.MinuteOf(now)
	v.Seen = true
	v.FirstSeen = s.firstSeen()
	v.Window = time.Duration(s.window) * time.Minute
	v.Activity, v.Open = l.activity(s, now, staleAfter)
	v.Coverage = l.coverage(s, minute-s.window, minute)
	v.LastMeasured = l.lastMeasured(s)
	for _, name := range s.indicators() {
		v.Indicators = append(v.Indicators, l.indicator(s, name, now))
	}
	return v
}

func (l *Ledger) indicator(s *service, name string, at time.Time) Indicator {
	now := slo.MinuteOf(at)
	current := s.current(name)
	span := Rolling(time.Duration(s.window)*time.Minute, now)
	i := Indicator{SLI: name, Definition: current.definition, series: current, span: span, at: at, ledger: l}
	i.Counts, i.Excluded = current.tally(span, now)
	for _, c := range s.series {
		if c == current || c.sli != name {
			continue
		}
		if sum, _ := c.tally(span, now); !sum.IsZero() {
			i.Older = append(i.Older, Older{Definition: c.definition, Counts: sum, Last: c.last})
		}
	}
	sortOlder(i.Older)
	return i
}

// sortOlder puts the definition that counted last first.
func sortOlder(older []Older) {
	slices.SortFunc(older, func(a, b Older) int {
		return cmp.Or(cmp.Compare(b.Last, a.Last), cmp.Compare(a.Definition, b.Definition))
	})
}
