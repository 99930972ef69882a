// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// maxIncrease bounds the events between two samples. More is a broken counter.
const maxIncrease = 1 << 40

// page is what the samples between two instants say. It changes nothing of the
// Reader until it is delivered.
type page struct {
	r        *Reader
	from, to int64

	counters    map[seriesID]counter // those that moved on
	added       int                  // how many of them are new
	increments  map[minuteOf]budget.Counts
	beats       map[budget.Heartbeat]struct{}
	sights      []budget.Sight
	definitions map[slo.Key]slo.Definition
	samples     int
	events      uint64
	tally       Tally
	// back is the instant from which samples came late, MaxInt64 if none did.
	back int64
}

type minuteOf struct {
	series budget.SeriesID
	minute slo.Minute
}

func newPage(r *Reader, from, to int64) *page {
	return &page{
		r: r, from: from, to: to, back: math.MaxInt64,
		counters:    map[seriesID]counter{},
		increments:  map[minuteOf]budget.Counts{},
		beats:       map[budget.Heartbeat]struct{}{},
		definitions: map[slo.Key]slo.Definition{},
	}
}

// subject is what the labels of a series say.
type subject struct {
	key     slo.Key
	outcome outcome
	writer  string
}

// outcome of the events of a series.
type outcome int

const (
	good outcome = iota
	bad
	uncertain
)

// outcomes by the value of the label.
var outcomes = map[string]outcome{"good": good, "bad": bad}

// of returns so many events of the outcome.
func (o outcome) of(n uint64) budget.Counts {
	switch o {
	case bad:
		return budget.Counts{Bad: n}
	case uncertain:
		return budget.Counts{Uncertain: n}
	}
	return budget.Counts{Good: n}
}

// nameLabel holds a metric's name.
const nameLabel = "__name__"

// noWriter is who counted where no label says so.
const noWriter = "prometheus"

func (p *page) subject(s promapi.Series) (subject, bool) {
	l := &p.r.set.Labels
	out := subject{
		key: slo.Key{
			Service: slo.Service{Name: s.Get(l.Service), Namespace: s.Get(l.Namespace), Environment: s.Get(l.Environment)},
			SLI:     s.Get(l.SLI),
		},
		writer: p.r.writer(s),
	}
	known := true
	if out.outcome = uncertain; p.r.set.Uncertain == "" || s.Get(nameLabel) != p.r.set.Uncertain {
		out.outcome, known = outcomes[s.Get(l.Outcome)]
	}
	return out, known && out.key.Service.Name != "" && out.key.SLI != ""
}

// writer returns who counted.
func (r *Reader) writer(s promapi.Series) string {
	name := noWriter
	for _, label := range r.set.Labels.Writer {
		if value := s.Get(label); value != "" {
			name = value
			break
		}
	}
	if r.set.WriterName != nil {
		return r.set.WriterName(name)
	}
	return name
}

// take reads the samples of one series.
func (p *page) take(s promapi.Series) error {
	p.samples += len(s.Samples)
	about, ok := p.subject(s)
	if !ok {
		p.tally.Refused[UnknownLabels] += uint64(len(s.Samples))
		return nil
	}
	id := idOf(s.Labels)
	c, known := p.counters[id]
	if !known {
		c, known = p.r.counters[id]
	}
	if !known && len(p.r.counters)+p.added >= p.r.set.MaxSeries {
		p.tally.Refused[TooManySeries] += uint64(len(s.Samples))
		return nil
	}
	moved := false
	for _, sample := range s.Samples {
		switch {
		case known && sample.Millis <= c.millis:
			// Read before, or what came of it was read with a later sample.
		case !sample.Whole:
			p.tally.Refused[NotACount]++
		case !known:
			c = counter{millis: sample.Millis, value: sample.Count}
			known, moved = true, true
			p.added++
			p.first(&c, about)
		default:
			p.next(&c, about, sample, !moved)
			moved = true
		}
	}
	if moved {
		p.counters[id] = c
	}
	return nil
}

// first takes the first sample of a series. One of zero is the start of it, which
// the connector exports first. Of another one nobody knows how many of the events
// are older.
func (p *page) first(c *counter, about subject) {
	minute := slo.MinuteOf(time.UnixMilli(c.millis))
	n := c.value
	switch {
	case p.r.at.taken.has(minute):
		n = 0
	case n == 0:
	case c.millis-p.r.at.origin <= p.r.set.MaxGap.Milliseconds():
		p.tally.Uncounted[Baseline] += n
		n = 0
	case !p.r.set.FromZero:
		p.tally.Uncounted[Unproven] += n
		p.beat(c, about, minute, minute)
		p.count(about.key, minute, budget.Counts{Uncertain: n})
		return
	}
	p.measured(c, about, minute, minute, n)
}

// next takes a sample behind another one.
func (p *page) next(c *counter, about subject, sample promapi.Sample, first bool) {
	before := c.millis
	n, reset := c.grow(sample)
	if reset {
		p.tally.Resets++
	}
	minute := slo.MinuteOf(time.UnixMilli(sample.Millis))
	from := minute
	if gap := sample.Millis - before; gap <= p.r.set.MaxGap.Milliseconds() {
		from = min(slo.MinuteOf(time.UnixMilli(before))+1, minute)
	} else if first && before < p.from && p.from > p.r.at.reread {
		p.back = min(p.back, before)
	}
	p.measured(c, about, from, minute, n)
}

// measured counts in a minute, up to which the writer measured from another one on.
func (p *page) measured(c *counter, about subject, from, minute slo.Minute, n uint64) {
	p.beat(c, about, from, minute)
	switch {
	case p.r.at.taken.has(minute):
		p.tally.Uncounted[CountedBefore] += n
		return
	case n > maxIncrease:
		p.tally.Uncounted[Implausible] += n
		return
	}
	p.events += n
	p.count(about.key, minute, about.outcome.of(n))
}

func (p *page) beat(c *counter, about subject, from, to slo.Minute) {
	for minute := from; minute <= to; minute++ {
		if p.r.at.taken.has(minute) {
			continue
		}
		p.beats[budget.Heartbeat{Instance: about.writer, Minute: minute}] = struct{}{}
		if !c.sighted {
			c.sighted = true
			p.sights = append(p.sights, budget.Sight{Service: about.key.Service, Instance: about.writer, Minute: minute})
		}
	}
}

// count adds to a minute. Of zero events it makes the series known, once.
func (p *page) count(key slo.Key, minute slo.Minute, counts budget.Counts) {
	definition, known := p.definitions[key]
	if !known {
		definition = p.r.set.Definition(key)
		p.definitions[key] = definition
	}
	if counts.IsZero() && p.r.announced[key] == definition {
		return
	}
	at := minuteOf{budget.SeriesID{Key: key, Definition: definition}, minute}
	p.increments[at] = p.increments[at].Plus(counts)
}

// batch returns the increments in the order of their minutes, without a cursor.
func (p *page) batch() *budget.Batch {
	b := &budget.Batch{Until: time.UnixMilli(p.to), Sights: p.sights}
	for at, counts := range p.increments {
		b.Increments = append(b.Increments, budget.Increment{Series: at.series, Minute: at.minute, Counts: counts})
	}
	slices.SortFunc(b.Increments, func(x, y budget.Increment) int { return cmp.Compare(x.Minute, y.Minute) })
	for beat := range p.beats {
		b.Heartbeats = append(b.Heartbeats, beat)
	}
	return b
}
