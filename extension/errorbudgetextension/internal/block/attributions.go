// SPDX-License-Identifier: Apache-2.0

package block

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// AttributionSink is a Sink that also takes what events have in common.
type AttributionSink interface {
	Attribution(budget.Attribution)
}

// Attributions collects what events have in common, by hour. The zero value is
// empty.
type Attributions struct {
	of map[partOf]map[slo.Minute]budget.Counts
}

type partOf struct {
	series budget.SeriesID
	part   slo.Part
}

func attributionsOf(all []budget.Attribution) *Attributions {
	out := &Attributions{}
	for _, a := range all {
		out.Attribution(a)
	}
	return out
}

// Attribution adds one.
func (t *Attributions) Attribution(a budget.Attribution) {
	if t.of == nil {
		t.of = map[partOf]map[slo.Minute]budget.Counts{}
	}
	at := partOf{a.Series, a.Part}
	hours := t.of[at]
	if hours == nil {
		hours = map[slo.Minute]budget.Counts{}
		t.of[at] = hours
	}
	hours[a.Hour] = hours[a.Hour].Plus(a.Counts)
}

// Append writes them behind buf: the first hour, a table of texts, and for each part
// its series, dimension, name, and hours with their good and bad events.
func (t *Attributions) Append(buf []byte) []byte {
	parts := slices.SortedFunc(maps.Keys(t.of), func(a, b partOf) int {
		return cmp.Or(compareSeries(a.series, b.series), cmp.Compare(a.part.Dimension, b.part.Dimension), cmp.Compare(a.part.Name, b.part.Name))
	})
	names := newTexts(0)
	first := slo.Minute(maxMinute)
	for _, p := range parts {
		for _, text := range textsOf(&p.series) {
			names.add(text)
		}
		names.add(p.part.Name)
		for hour := range t.of[p] {
			first = min(first, hour)
		}
	}
	buf = binary.AppendUvarint(buf, uint64(first/MaxWidth))
	buf = names.append(buf)
	buf = binary.AppendUvarint(buf, uint64(len(parts)))
	for _, p := range parts {
		for _, text := range textsOf(&p.series) {
			buf = binary.AppendUvarint(buf, names.index[text])
		}
		buf = append(buf, byte(p.part.Dimension))
		buf = binary.AppendUvarint(buf, names.index[p.part.Name])
		hours := slices.Sorted(maps.Keys(t.of[p]))
		buf = binary.AppendUvarint(buf, uint64(len(hours)))
		for _, hour := range hours {
			buf = binary.AppendUvarint(buf, uint64((hour-first)/MaxWidth))
			buf = binary.AppendUvarint(buf, t.of[p][hour].Good)
			buf = binary.AppendUvarint(buf, t.of[p][hour].Bad)
		}
	}
	return buf
}

// ReadAttributions gives what Append wrote to the sink. Of bytes that are malformed
// it gives nothing.
func ReadAttributions(raw []byte, to AttributionSink) error {
	r := &reader{buf: raw}
	t, err := r.attributions()
	if err != nil {
		return err
	}
	if len(r.buf) != 0 {
		return errMalformed
	}
	t.give(to)
	return nil
}

func (r *reader) attributions() (*Attributions, error) {
	first := r.uvarint()
	h := &header{texts: r.texts()}
	t := &Attributions{}
	const partBytes = 8 // six texts, a dimension, a number
	for range r.count(partBytes) {
		var a budget.Attribution
		a.Series.Key.Service = slo.Service{Namespace: r.textOf(h), Name: r.textOf(h), Environment: r.textOf(h)}
		a.Series.Key.SLI, a.Series.Definition = r.textOf(h), slo.Definition(r.textOf(h))
		dimension := r.bytes(1)
		if r.fault || int(dimension[0]) >= len(slo.Dimensions()) {
			return nil, errMalformed
		}
		a.Part = slo.Part{Dimension: slo.Dimension(dimension[0]), Name: r.textOf(h)}
		const hourBytes = 3
		for range r.count(hourBytes) {
			hour := first + r.uvarint()
			a.Counts = budget.Counts{Good: r.uvarint(), Bad: r.uvarint()}
			if hour < first || hour > maxMinute/MaxWidth {
				return nil, errMalformed
			}
			a.Hour = slo.Minute(hour) * MaxWidth
			t.Attribution(a)
		}
	}
	if r.fault {
		return nil, errMalformed
	}
	return t, nil
}

// give tells a sink that wants to know.
func (t *Attributions) give(to any) {
	sink, ok := to.(AttributionSink)
	if !ok {
		return
	}
	for p, hours := range t.of {
		for _, hour := range slices.Sorted(maps.Keys(hours)) {
			sink.Attribution(budget.Attribution{Series: p.series, Hour: hour, Part: p.part, Counts: hours[hour]})
		}
	}
}
