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
	parts := partsOf(b)
	buf = binary.AppendUvarint(buf, uint64(len(parts)))
	for _, hour := range slices.Sorted(maps.Keys(parts)) {
		buf = parts[hour].Append(buf)
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

// partsOf splits a batch by hours. Each Part spans the minutes it needs.
func partsOf(b *budget.Batch) map[slo.Minute]*Part {
	type span struct{ least, most slo.Minute }
	spans := map[slo.Minute]span{}
	widen := func(m slo.Minute) {
		hour := HourOf(m)
		s, ok := spans[hour]
		if !ok {
			s = span{m, m}
		}
		spans[hour] = span{min(s.least, m), max(s.most, m)}
	}
	for _, i := range b.Increments {
		widen(i.Minute)
	}
	for _, h := range b.Heartbeats {
		widen(h.Minute)
	}
	parts := make(map[slo.Minute]*Part, len(spans))
	for hour, s := range spans {
		parts[hour] = NewPart(s.least, int(s.most-s.least)+1)
	}
	for _, i := range b.Increments {
		parts[HourOf(i.Minute)].Add(i)
	}
	for _, h := range b.Heartbeats {
		parts[HourOf(h.Minute)].Heartbeat(h)
	}
	return parts
}
