// SPDX-License-Identifier: Apache-2.0

package block

import (
	"slices"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Hour is a Part of which single series are read. It keeps the packed columns
// and knows where each begins.
type Hour struct {
	header *header
	raw    []byte
	places []places
}

// places are where the columns of a series begin, in bytes.
type places struct{ valid, bad, late int }

// OpenHour finds the columns of the Part in bytes, which it keeps.
func OpenHour(raw []byte) (*Hour, error) {
	r := &reader{buf: raw}
	h, err := r.header()
	if err != nil {
		return nil, err
	}
	o := &Hour{header: h, raw: raw, places: make([]places, len(h.entries))}
	at := len(raw) - len(r.buf)
	next := func() int {
		begin := at
		for n := 0; n < h.width && at < len(raw); at++ {
			if raw[at] < 0x80 { // the last byte of a number
				n++
			}
		}
		return begin
	}
	valid := 0
	for i, e := range h.entries {
		if e.flags&flagOwnValid != 0 {
			valid = next()
		}
		o.places[i].valid = valid
	}
	for i, e := range h.entries {
		if e.flags&flagEvents != 0 {
			o.places[i].bad = next()
		}
	}
	for i, e := range h.entries {
		if e.flags&flagLate != 0 {
			o.places[i].late = next()
		}
	}
	return o, nil
}

// Minutes visits the minutes of a series in [from, to) that hold counts, in
// ascending order.
func (o *Hour) Minutes(id budget.SeriesID, from, to slo.Minute, visit func(slo.Minute, budget.Counts)) error {
	i, found := slices.BinarySearchFunc(o.header.entries, id, func(e entry, id budget.SeriesID) int { return compareSeries(e.id, id) })
	if !found {
		return nil
	}
	flags, at := o.header.entries[i].flags, o.places[i]
	valid, bad, late := reader{buf: o.raw[at.valid:]}, reader{buf: o.raw[at.bad:]}, reader{buf: o.raw[at.late:]}
	events := uint64(0)
	for n := range slo.Minute(o.header.width) {
		var c budget.Counts
		if flags&flagEvents != 0 {
			events += uint64(valid.varint())
			c.Bad = bad.uvarint()
			c.Good = events - c.Bad
		}
		if flags&flagLate != 0 {
			c.Uncertain = late.uvarint()
		}
		if minute := o.header.from + n; !c.IsZero() && from <= minute && minute < to {
			visit(minute, c)
		}
	}
	if valid.fault || bad.fault || late.fault {
		return errMalformed
	}
	return nil
}
