// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"math"
)

// Sizes of the plot, in pixels.
const (
	plotWidth   = 860
	plotLeft    = 250 // room for the modes' names
	plotRight   = 90  // room for the figures
	rowHeight   = 22
	titleHeight = 34
	panelGap    = 26
)

// colours by mode: of Okabe and Ito, told apart by the colour-blind.
var colours = map[string]string{
	noneAgain: "#777777", sloeSpans: "#0072B2", sloeCounts: "#56B4E9", classicPairs: "#D55E00", classicEvents: "#E69F00",
}

// plot draws a panel a workload: what each mode adds to a turn, with its interval,
// all on one scale of its own, from what is least to what is most.
func (f *figures) plot() []byte {
	var b bytes.Buffer
	height := 70 + len(f.Workloads)*(titleHeight+len(compared)*rowHeight+panelGap)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		plotWidth, height, plotWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", plotWidth, height)
	fmt.Fprintf(&b, `<text x="16" y="26" font-size="16" font-weight="bold">CPU time that capturing adds to a turn, both ends together</text>`+"\n")
	fmt.Fprintf(&b, `<text x="16" y="46" fill="#555">nanoseconds, median of paired slices with its 95 %% interval; %s, Linux %s</text>`+"\n", escape(f.CPU), escape(f.Kernel))
	y := 70
	for _, m := range f.Workloads {
		y = m.panel(&b, y)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// panel draws one workload from y on and returns where the next one starts.
func (m *measured) panel(b *bytes.Buffer, y int) int {
	base := m.Samples[none]
	estimates := make([]estimate, len(compared))
	low, high := 0.0, 0.0
	for i, mode := range compared {
		estimates[i] = added(m.Samples[mode], base)
		low, high = min(low, estimates[i].Low), max(high, estimates[i].High)
	}
	step := niceStep((high - low) / 6)
	low, high = math.Floor(low/step)*step, math.Ceil(high/step)*step
	x := func(v float64) float64 { return plotLeft + (v-low)/(high-low)*(plotWidth-plotLeft-plotRight) }

	fmt.Fprintf(b, `<text x="16" y="%d" font-size="13" font-weight="bold">%s</text>`+"\n", y+14, escape(m.Workload))
	fmt.Fprintf(b, `<text x="%d" y="%d" fill="#555">a %s takes %.0f ns with nothing attached</text>`+"\n", plotLeft, y+14, m.Turn, cost(base).Value)
	top, bottom := y+titleHeight-10, y+titleHeight+len(compared)*rowHeight-8
	for v := low; v <= high+step/2; v += step {
		stroke := "#ddd"
		if math.Abs(v) < step/2 {
			stroke = "#333"
		}
		fmt.Fprintf(b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s"/>`, x(v), top, x(v), bottom, stroke)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle" font-size="10" fill="#555">%.0f</text>`+"\n", x(v), bottom+12, v)
	}
	for i, mode := range compared {
		e, at := estimates[i], y+titleHeight+i*rowHeight
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, plotLeft-10, at+4, escape(mode))
		fmt.Fprintf(b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="%s" stroke-width="3"/>`, x(e.Low), at, x(e.High), at, colours[mode])
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%d" r="5" fill="%s"/>`, x(e.Value), at, colours[mode])
		fmt.Fprintf(b, `<text x="%d" y="%d" fill="#333">%+.0f</text>`+"\n", plotWidth-plotRight+14, at+4, e.Value)
	}
	return bottom + panelGap
}

// niceStep returns 1, 2 or 5 times a power of ten, at least as large.
func niceStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max(least, 1e-9))))
	for _, k := range []float64{1, 2, 5} {
		if k*power >= least {
			return k * power
		}
	}
	return 10 * power
}

func escape(s string) string {
	var b bytes.Buffer
	for _, r := range s {
		switch r {
		case '<':
			b.WriteString("&lt;")
		case '&':
			b.WriteString("&amp;")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
