// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// plot is a burn-down, in units of its picture.
type plot struct {
	Label         string
	Over          string // what the plot covers, in words
	Width, Height int
	Left, Top     int
	Inner         int // height of the plot itself
	TextX, Foot   int
	Zero          string
	// Lines are the points of polylines. A line ends where measuring did.
	Lines     []string
	Gaps      []band
	Excluded  []band
	Incidents []band
	Grid      []gridLine
	Days      []day
}

// band is a stretch of time that is marked.
type band struct{ X, Width string }

// gridLine is a share that is named at the side.
type gridLine struct {
	Class, Words string
	Y            string
	TextY        string
}

// day is a name below.
type day struct{ X, Anchor, Words string }

// Pictures' sizes.
const (
	sparkWidth, sparkHeight = 150, 40
	plotWidth, plotHeight   = 760, 220
	plotLeft, plotTop       = 64, 8
	plotFoot                = 24
)

// lowest is the least share that is drawn: a service that spent its budget ten
// times over is not to press all else into a line.
const lowest = -1

func newSpark(h history) plot {
	p := plot{Width: sparkWidth, Height: sparkHeight, Inner: sparkHeight - 4, Top: 2}
	p.draw(h)
	return p
}

func newPlot(h history, incidents []budget.Incident) plot {
	p := plot{
		Width: plotWidth, Height: plotHeight, Left: plotLeft, Top: plotTop, Inner: plotHeight - plotTop - plotFoot,
		TextX: plotLeft - 6, Foot: plotHeight - 6,
	}
	least := p.draw(h)
	shares := []float64{1, 0.5, 0.2, 0}
	if least < 0 {
		shares = append(shares, least)
	}
	for _, share := range shares {
		class := "limit"
		if share == 0 {
			class = "zero"
		}
		y := p.y(share, least)
		p.Grid = append(p.Grid, gridLine{class, whole(share), unit(y), unit(y + 4)})
	}
	for _, n := range incidents {
		p.Incidents = append(p.Incidents, p.band(h, n.From, n.To))
	}
	p.days(h)
	return p
}

// x and y place a minute and a share in the picture.
func (p *plot) x(h history, minute slo.Minute) float64 {
	from := h.Stretches[0].From
	share := float64(minute-from) / float64(h.to+1-from)
	return float64(p.Left) + math.Min(math.Max(share, 0), 1)*float64(p.Width-p.Left)
}

func (p *plot) y(share, least float64) float64 {
	return float64(p.Top) + (1-math.Max(share, least))/(1-least)*float64(p.Inner)
}

// draw draws lines and bands, and returns the least share that is drawn.
func (p *plot) draw(h history) (least float64) {
	left := h.remaining()
	for _, share := range left {
		least = math.Min(least, math.Floor(math.Max(share, lowest)*10)/10)
	}
	p.Zero = unit(p.y(0, least))
	var line []string
	end := func() {
		if len(line) > 0 {
			p.Lines = append(p.Lines, strings.Join(line, " "))
		}
		line = nil
	}
	point := func(minute slo.Minute, share float64) {
		line = append(line, unit(p.x(h, minute))+","+unit(p.y(share, least)))
	}
	before, unmeasured := 1.0, slo.Minute(0)
	for i, s := range h.Stretches {
		switch {
		case !seen(s):
			end()
		case blind(s):
			end()
			p.Gaps = append(p.Gaps, p.band(h, s.From, s.From+h.step))
			unmeasured += h.step
		default:
			if len(line) == 0 {
				point(s.From, before)
			}
			point(s.From+h.step, left[i])
		}
		before = left[i]
	}
	end()
	for _, e := range h.Exclusions {
		if e.To > h.Stretches[0].From && e.From <= h.to {
			p.Excluded = append(p.Excluded, p.band(h, e.From, e.To))
		}
	}
	p.Over = "over " + days(h.window)
	p.Label = fmt.Sprintf("Budget left over %s: %s now", days(h.window), percent(h.spend.Remaining()))
	if unmeasured > 0 {
		p.Label += fmt.Sprintf("; not measured for about %d hours", unmeasured/60)
	}
	return least
}

func (p *plot) band(h history, from, to slo.Minute) band {
	x := p.x(h, from)
	return band{unit(x), unit(math.Max(p.x(h, to)-x, 1))}
}

// days names a few days below.
func (p *plot) days(h history) {
	const names = 4
	from := h.Stretches[0].From
	for i := range names + 1 {
		at := from + (h.to-from)*slo.Minute(i)/names
		d := day{unit(p.x(h, at)), "middle", at.Time().Format("Jan 2")}
		switch i {
		case 0:
			d.Anchor = "start"
		case names:
			d.Anchor, d.Words = "end", "now"
		}
		p.Days = append(p.Days, d)
	}
}

// unit writes a length of a picture.
func unit(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

func whole(share float64) string {
	return strconv.FormatFloat(math.Round(share*100), 'f', -1, 64) + " %"
}
