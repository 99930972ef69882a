// SPDX-License-Identifier: Apache-2.0

package block

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Sink takes what is read.
type Sink interface {
	Stretch(budget.Stretch)
	Heartbeat(budget.Heartbeat)
}

var errMalformed = errors.New("the block does not read as one")

// reader reads fields from bytes. After the first fault it returns zeros.
type reader struct {
	buf   []byte
	fault bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.buf)
	if n <= 0 {
		r.fault, r.buf = true, nil
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.buf)
	if n <= 0 {
		r.fault, r.buf = true, nil
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

// count reads how many things follow, each of at least size bytes.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.buf)/size) {
		r.fault, r.buf = true, nil
		return 0
	}
	return int(n)
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.buf) {
		r.fault, r.buf = true, nil
		return nil
	}
	b := r.buf[:n]
	r.buf = r.buf[n:]
	return b
}

func (r *reader) text() string { return string(r.bytes(r.count(1))) }

// entry is a series of the Part that is read, before its columns.
type entry struct {
	id          budget.SeriesID
	first, last slo.Minute
	flags       byte
}

// read gives a Part to the sink: the series in their order, then the heartbeats.
// It gives nothing of a Part that is malformed.
func (r *reader) part(to Sink) error {
	from, width := slo.Minute(r.uvarint()), int(min(r.uvarint(), MaxWidth+1))
	if r.fault || width < 1 || width > MaxWidth || from < 0 || from > maxMinute {
		return errMalformed
	}
	texts := make([]string, r.count(1))
	for i := range texts {
		texts[i] = r.text()
	}
	text := func() string {
		i := r.uvarint()
		if i >= uint64(len(texts)) {
			r.fault = true
			return ""
		}
		return texts[i]
	}
	const seriesBytes = 8 // five texts, two minutes, the flags
	entries := make([]entry, r.count(seriesBytes))
	own, eventful, tardy := 0, 0, 0
	for i := range entries {
		e := &entries[i]
		e.id.Key.Service = slo.Service{Namespace: text(), Name: text(), Environment: text()}
		e.id.Key.SLI = text()
		e.id.Definition = slo.Definition(text())
		first, last := r.uvarint(), r.uvarint()
		flag := r.bytes(1)
		if r.fault || first > last || last >= uint64(width) || flag[0]&flagOwnValid != 0 && flag[0]&flagEvents == 0 {
			return errMalformed
		}
		e.first, e.last, e.flags = from+slo.Minute(first), from+slo.Minute(last), flag[0]
		own += bits.OnesCount8(e.flags & flagOwnValid)
		eventful += bits.OnesCount8(e.flags & flagEvents)
		tardy += bits.OnesCount8(e.flags & flagLate)
	}
	if own > eventful || eventful > 0 && own == 0 || (own+eventful+tardy)*width > len(r.buf) {
		return errMalformed
	}
	columns := r.columns(entries, own, width, eventful, tardy)
	instances := make([]string, r.count(1+8))
	beats := make([]uint64, len(instances))
	for i := range instances {
		instances[i] = text()
		if b := r.bytes(8); b != nil {
			beats[i] = binary.LittleEndian.Uint64(b)
		}
	}
	if r.fault {
		return errMalformed
	}
	columns.give(to, entries, from)
	for i, set := range beats {
		for ; set != 0; set &= set - 1 {
			if at := bits.TrailingZeros64(set); at < width {
				to.Heartbeat(budget.Heartbeat{Instance: instances[i], Minute: from + slo.Minute(at)})
			}
		}
	}
	return nil
}

// maxMinute is in the year 10000: what lies beyond is no minute.
const maxMinute = 4_223_000_000

// columns hold the numbers of a Part, one column behind the other.
type columns struct {
	width            int
	valid, bad, late []uint64
}

func (r *reader) columns(entries []entry, own, width, eventful, tardy int) *columns {
	c := &columns{width: width, valid: make([]uint64, own*width), bad: make([]uint64, eventful*width), late: make([]uint64, tardy*width)}
	for i := range c.valid {
		before := uint64(0)
		if i%width != 0 {
			before = c.valid[i-1]
		}
		c.valid[i] = before + uint64(r.varint())
	}
	for i := range c.bad {
		c.bad[i] = r.uvarint()
	}
	for i := range c.late {
		c.late[i] = r.uvarint()
	}
	// Neither more bad events than valid ones, nor a column of another service.
	var service slo.Service
	valid, bad := -1, 0
	has := false // a column of the service's own
	for n, e := range entries {
		if n == 0 || e.id.Key.Service != service {
			service, has = e.id.Key.Service, false
		}
		if e.flags&flagOwnValid != 0 {
			has = true
			valid++
		}
		if e.flags&flagEvents == 0 {
			continue
		}
		for i := range width {
			if !has || c.bad[bad*width+i] > c.valid[valid*width+i] {
				r.fault = true
				return c
			}
		}
		bad++
	}
	return c
}

func (c *columns) give(to Sink, entries []entry, from slo.Minute) {
	counts := make([]budget.Counts, c.width)
	valid, bad, late := -1, 0, 0
	for _, e := range entries {
		if e.flags&flagOwnValid != 0 {
			valid++
		}
		clear(counts)
		if e.flags&flagEvents != 0 {
			for i := range counts {
				b := c.bad[bad*c.width+i]
				counts[i].Good, counts[i].Bad = c.valid[valid*c.width+i]-b, b
			}
			bad++
		}
		if e.flags&flagLate != 0 {
			for i := range counts {
				counts[i].Late = c.late[late*c.width+i]
			}
			late++
		}
		to.Stretch(budget.Stretch{Series: e.id, First: e.first, Last: e.last, From: from, Counts: counts})
	}
}

// Read gives the Part in bytes, as Append wrote it, to the sink. Of bytes that
// are malformed it gives nothing.
func Read(raw []byte, to Sink) error {
	r := &reader{buf: raw}
	if err := r.part(to); err != nil {
		return err
	}
	if len(r.buf) != 0 {
		return errMalformed
	}
	return nil
}
