// SPDX-License-Identifier: Apache-2.0

package block

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// BatchSink takes what a batch holds.
type BatchSink interface {
	Sink
	Sight(budget.Sight)
	Durable(time.Time)
}

// AppendBatch writes a batch behind buf: its instant, its sights, and a Part for
// each hour that it touches.
func AppendBatch(buf []byte, b *budget.Batch) []byte {
	buf = binary.AppendVarint(buf, b.Until.UnixNano())
	buf = AppendSights(buf, b.Sights)
	hours := hoursOf(b)
	buf = binary.AppendUvarint(buf, uint64(len(hours)))
	for _, hour := range slices.Sorted(maps.Keys(hours)) {
		h := hours[hour]
		buf = appendRows(buf, h.from, h.width(), h.rows, h.beats)
	}
	if len(b.Attributions) > 0 { // batches of before end here
		buf = attributionsOf(b.Attributions).Append(buf)
	}
	return buf
}

// ReadBatch gives what AppendBatch wrote to the sink, Durable last. Of bytes that
// are malformed it gives nothing.
func ReadBatch(raw []byte, to BatchSink) error {
	r := &reader{buf: raw}
	until := r.varint()
	sights, err := r.sights()
	if err != nil {
		return err
	}
	gives := make([]func(Sink), r.count(1))
	for i := range gives {
		if gives[i], err = r.part(); err != nil {
			return err
		}
	}
	var attributed *Attributions
	if !r.fault && len(r.buf) != 0 {
		if attributed, err = r.attributions(); err != nil {
			return err
		}
	}
	if r.fault || len(r.buf) != 0 {
		return errMalformed
	}
	for _, s := range sights {
		to.Sight(s)
	}
	for _, give := range gives {
		give(to)
	}
	if attributed != nil {
		attributed.give(to)
	}
	to.Durable(time.Unix(0, until).UTC())
	return nil
}

// AppendSights writes sights behind buf.
func AppendSights(buf []byte, sights []budget.Sight) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(sights)))
	for _, s := range sights {
		buf = appendText(buf, s.Service.Namespace)
		buf = appendText(buf, s.Service.Name)
		buf = appendText(buf, s.Service.Environment)
		buf = appendText(buf, s.Instance)
		buf = binary.AppendVarint(buf, int64(s.Minute))
	}
	return buf
}

// ReadSights gives what AppendSights wrote to visit.
func ReadSights(raw []byte, visit func(budget.Sight)) error {
	r := &reader{buf: raw}
	sights, err := r.sights()
	if err != nil {
		return err
	}
	if len(r.buf) != 0 {
		return errMalformed
	}
	for _, s := range sights {
		visit(s)
	}
	return nil
}

func (r *reader) sights() ([]budget.Sight, error) {
	const sightBytes = 5 // four texts and a minute
	sights := make([]budget.Sight, r.count(sightBytes))
	for i := range sights {
		s := &sights[i]
		s.Service = slo.Service{Namespace: r.text(), Name: r.text(), Environment: r.text()}
		s.Instance, s.Minute = r.text(), slo.Minute(r.varint())
	}
	if r.fault {
		return nil, errMalformed
	}
	return sights, nil
}

// batchHour is what a batch holds of an hour, of the minutes from from to last.
// Increments of a series that follow each other share a row: of one that comes
// again later there are two, which readers add up.
type batchHour struct {
	from, last slo.Minute
	increments int
	rows       []row
	beats      map[string]uint64

	minutes []minutes       // room for those of further rows
	counts  []budget.Counts // and for theirs
}

func (h *batchHour) width() int { return int(h.last-h.from) + 1 }

// hoursOf splits a batch by hours. Each spans the minutes it needs.
func hoursOf(b *budget.Batch) map[slo.Minute]*batchHour {
	hours := map[slo.Minute]*batchHour{}
	var latest *batchHour // of the minute before, nearly always of the next one too
	of := func(m slo.Minute) *batchHour {
		if latest == nil || HourOf(m) != HourOf(latest.from) {
			latest = hours[HourOf(m)]
		}
		return latest
	}
	widen := func(m slo.Minute) *batchHour {
		h := of(m)
		if h == nil {
			h = &batchHour{from: m, last: m, beats: map[string]uint64{}}
			hours[HourOf(m)], latest = h, h
		}
		h.from, h.last = min(h.from, m), max(h.last, m)
		return h
	}
	for i := range b.Increments {
		widen(b.Increments[i].Minute).increments++
	}
	for _, h := range hours {
		h.rows = make([]row, 0, h.increments) // nearly always each is of another series
	}
	for _, h := range b.Heartbeats {
		widen(h.Minute)
	}
	for i := range b.Increments {
		of(b.Increments[i].Minute).add(&b.Increments[i])
	}
	for _, beat := range b.Heartbeats {
		h := of(beat.Minute)
		h.beats[beat.Instance] |= 1 << (beat.Minute - h.from)
	}
	return hours
}

// roomRows is for how many rows room is made at once.
const roomRows = 512

func (h *batchHour) add(i *budget.Increment) {
	n := len(h.rows)
	if n == 0 || *h.rows[n-1].id != i.Series {
		if len(h.minutes) == 0 {
			h.minutes, h.counts = make([]minutes, roomRows), make([]budget.Counts, roomRows*h.width())
		}
		m := &h.minutes[0]
		*m = minutes{first: i.Minute, last: i.Minute, counts: h.counts[:h.width():h.width()]}
		h.minutes, h.counts = h.minutes[1:], h.counts[h.width():]
		h.rows = append(h.rows, row{&i.Series, m})
		n++
	}
	m := h.rows[n-1].minutes
	m.first, m.last = min(m.first, i.Minute), max(m.last, i.Minute)
	m.counts[i.Minute-h.from] = m.counts[i.Minute-h.from].Plus(i.Counts)
}
