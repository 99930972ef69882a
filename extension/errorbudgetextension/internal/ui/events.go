// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"time"
)

// events are good events upwards and bad ones downwards, each on a scale of its
// own: bad ones are seldom enough to vanish beside good ones.
type events struct {
	Label             string
	Width, Height     int
	Inner, Foot       int
	Zero              string
	GoodY, BadY       int
	Good, Bad         []rect
	MostGood, MostBad uint64
	Each              string // the length of a stretch
}

type rect struct{ X, Y, Width, Height string }

const (
	eventsHeight = 160
	goodHeight   = 80
	badHeight    = eventsHeight - goodHeight - plotFoot
)

func newEvents(h history, p plot) events {
	e := events{
		Width: plotWidth, Height: eventsHeight, Inner: goodHeight + badHeight, Foot: eventsHeight - 6,
		Zero: unit(goodHeight), GoodY: goodHeight - 6, BadY: goodHeight + 14, Each: hours(h.step),
	}
	var good, bad uint64
	for _, s := range h.Stretches {
		e.MostGood, e.MostBad = max(e.MostGood, s.Counts.Good), max(e.MostBad, s.Counts.Bad)
		good, bad = good+s.Counts.Good, bad+s.Counts.Bad
	}
	for _, s := range h.Stretches {
		x := p.x(h, s.From)
		width := p.x(h, s.From+h.step) - x
		bar := func(n, most uint64, room float64) float64 { return float64(n) / float64(max(most, 1)) * (room - 2) }
		if n := bar(s.Counts.Good, e.MostGood, goodHeight); n > 0 {
			e.Good = append(e.Good, rect{unit(x), unit(goodHeight - max(n, 1)), unit(width), unit(max(n, 1))})
		}
		if n := bar(s.Counts.Bad, e.MostBad, badHeight); n > 0 {
			e.Bad = append(e.Bad, rect{unit(x), unit(goodHeight + 1), unit(width), unit(max(n, 1.5))})
		}
	}
	e.Label = fmt.Sprintf("Good and bad events over %s: %s good, %s bad; the table by day holds the numbers", days(h.window), number(good), number(bad))
	return e
}

// dayCounts is a row of the table by day.
type dayCounts struct {
	Day       string
	Good, Bad uint64
	Measured  string

	elapsed, measured uint64
}

// byDay adds stretches up by the UTC day in which they start, the newest first.
// A stretch never spans two days but where it is longer than a quarter of one.
func byDay(h history) []dayCounts {
	var out []dayCounts
	for i := len(h.Stretches) - 1; i >= 0; i-- {
		s := h.Stretches[i]
		if !seen(s) {
			continue
		}
		name := s.From.Time().Format(time.DateOnly)
		if len(out) == 0 || out[len(out)-1].Day != name {
			out = append(out, dayCounts{Day: name})
		}
		d := &out[len(out)-1]
		d.Good, d.Bad = d.Good+s.Counts.Good, d.Bad+s.Counts.Bad
		d.elapsed, d.measured = d.elapsed+s.Coverage.Elapsed, d.measured+s.Coverage.Measured
	}
	for i := range out {
		out[i].Measured = "open"
		if out[i].elapsed > 0 {
			out[i].Measured = percent(float64(out[i].measured) / float64(out[i].elapsed))
		}
	}
	return out
}
