// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"cmp"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// service is what the Ledger holds of one service.
type service struct {
	id     slo.Service
	window slo.Minute
	// sights holds, for each writer that ever counted for the service, the minute
	// in which it first did.
	sights map[string]slo.Minute
	// series by indicator, one for each definition.
	series map[string][]*series
	// exclusions are ascending and do not overlap.
	exclusions []Interval
	// opens holds each writer's latest report of open requests.
	opens map[string]openReport
	// arrival is when answers of the service last became durable.
	arrival time.Time
}

// openReport is a gauge: how many requests are unanswered.
type openReport struct {
	open   uint64
	minute slo.Minute // of the report
	since  slo.Minute // of the oldest report since when there were always some
}

// openExpires is after how many minutes without a report a writer has no open
// requests any more.
const openExpires = 3

func newService(id slo.Service, window slo.Minute) *service {
	return &service{
		id:     id,
		window: window,
		sights: map[string]slo.Minute{},
		series: map[string][]*series{},
		opens:  map[string]openReport{},
	}
}

func (s *service) find(sli string, definition slo.Definition, first slo.Minute, from func(SeriesID) past) *series {
	for _, c := range s.series[sli] {
		if c.definition == definition {
			return c
		}
	}
	id := SeriesID{Key: slo.Key{Service: s.id, SLI: sli}, Definition: definition}
	made := newSeries(s, definition, s.window, first, from(id))
	if made.past == nil {
		made.keep = max(made.keep, slo.Minute(slo.MaxWindow/time.Minute)) // nobody else has it
	}
	s.series[sli] = append(s.series[sli], made)
	return made
}

// current returns the series that counts now, or nil: the one with the newest
// minute, and of several in that minute the one that became known last.
func (s *service) current(sli string) *series {
	var best *series
	for _, c := range s.series[sli] {
		if best == nil || cmp.Or(cmp.Compare(c.last, best.last), cmp.Compare(c.first, best.first), cmp.Compare(c.definition, best.definition)) > 0 {
			best = c
		}
	}
	return best
}

// isAnswer tells whether the events of an indicator are answers that the service
// gave. Those of databases are answers that it got: they come while it hangs.
func isAnswer(sli string) bool { return sli != slo.DBAvailability && sli != slo.DBLatency }

// lastEvents returns the newest minute with events of any series, and with
// answers, or -1.
func (s *service) lastEvents() (event, answer slo.Minute) {
	event, answer = -1, -1
	for sli, all := range s.series {
		for _, c := range all {
			event = max(event, c.event)
			if isAnswer(sli) {
				answer = max(answer, c.event)
			}
		}
	}
	return event, answer
}

// reportOpen takes a writer's gauge.
func (s *service) reportOpen(instance string, now, minute slo.Minute, open uint64) {
	before, known := s.opens[instance]
	if known && minute < before.minute {
		return // overtaken by a newer report
	}
	if open == 0 {
		delete(s.opens, instance)
		return
	}
	since := minute
	if known && now-before.minute < openExpires {
		since = before.since
	}
	s.opens[instance] = openReport{open: open, minute: minute, since: since}
}

// openNow returns how many requests are open, and since when there are some. It
// forgets reports that expired.
func (s *service) openNow(now slo.Minute) (open uint64, since slo.Minute) {
	since = now
	for instance, r := range s.opens {
		if now-r.minute >= openExpires {
			delete(s.opens, instance)
			continue
		}
		open += r.open
		since = min(since, r.since)
	}
	return open, since
}

// firstSeen returns the minute of the first sight by any writer.
func (s *service) firstSeen() slo.Minute {
	first := slo.Minute(-1)
	for _, minute := range s.sights {
		if first < 0 || minute < first {
			first = minute
		}
	}
	return first
}

// newest returns the newest minute in which anything is known of the service.
func (s *service) newest() slo.Minute {
	newest := slo.Minute(-1)
	for _, minute := range s.sights {
		newest = max(newest, minute)
	}
	for _, all := range s.series {
		for _, c := range all {
			newest = max(newest, c.last)
		}
	}
	return newest
}

func (s *service) indicators() []string {
	names := make([]string, 0, len(s.series))
	for name := range s.series {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
