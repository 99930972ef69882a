// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"cmp"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// service is what the Ledger holds of one service. Its lists are short.
type service struct {
	home   *shard
	id     slo.Service
	window slo.Minute
	sights []sighting
	// series are those of each indicator, one for each definition.
	series []*series
	// exclusions are ascending and do not overlap.
	exclusions []Interval
	// opens holds each writer's latest report of open requests; nil if there is none.
	opens map[string]openReport
	// arrival is when answers of the service last became durable.
	arrival time.Time
}

// sighting is the minute in which a writer first counted for the service.
type sighting struct {
	instance string
	first    slo.Minute
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

func newService(home *shard, id slo.Service) *service {
	s := &service{home: home, id: id, window: slo.Minute(home.ledger.window(id) / time.Minute)}
	if of := home.ledger.excluded.Load(); of != nil {
		s.exclusions = (*of)(id)
	}
	return s
}

// sight notes that a writer counted for the service.
func (s *service) sight(instance string, minute slo.Minute) {
	for i := range s.sights {
		if known := &s.sights[i]; known.instance == instance {
			known.first = min(known.first, minute)
			return
		}
	}
	s.sights = append(s.sights, sighting{instance, minute})
}

func (s *service) increment(now slo.Minute, i *Increment) {
	s.find(i.Series.Key.SLI, i.Series.Definition, now, i.Minute).add(now, i.Minute, i.Counts)
}

// find returns a series, which it makes as of its first minute if it is new.
func (s *service) find(sli string, definition slo.Definition, now, first slo.Minute) *series {
	for _, c := range s.series {
		if c.sli == sli && c.definition == definition {
			return c
		}
	}
	made := newSeries(s, sli, definition, s.window, first, nil)
	if !made.archived() {
		made.keep = max(made.keep, slo.Minute(slo.MaxWindow/time.Minute)) // nobody else has it
	}
	made.judgeFrom(now)
	s.series = append(s.series, made)
	return made
}

// current returns the series that counts now, or nil: the one with the newest
// minute, and of several in that minute the one that became known last.
func (s *service) current(sli string) *series {
	var best *series
	for _, c := range s.series {
		if c.sli != sli {
			continue
		}
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
	for _, c := range s.series {
		event = max(event, c.event)
		if isAnswer(c.sli) {
			answer = max(answer, c.event)
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
	if s.opens == nil {
		s.opens = map[string]openReport{}
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
	for _, by := range s.sights {
		if first < 0 || by.first < first {
			first = by.first
		}
	}
	return first
}

// newest returns the newest minute in which anything is known of the service.
func (s *service) newest() slo.Minute {
	newest := slo.Minute(-1)
	for _, by := range s.sights {
		newest = max(newest, by.first)
	}
	for _, c := range s.series {
		newest = max(newest, c.last)
	}
	return newest
}

// indicators returns the names of those that were counted, sorted.
func (s *service) indicators() []string {
	names := make([]string, 0, len(s.series))
	for _, c := range s.series {
		if !slices.Contains(names, c.sli) {
			names = append(names, c.sli)
		}
	}
	slices.Sort(names)
	return names
}
