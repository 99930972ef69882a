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
	Strip(budget.Strip)
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

// texts reads the table of texts. They lie in one piece, which is one for the collector
// of garbage to look at, not one each.
func (r *reader) texts() []string {
	all := make([]string, r.count(1))
	table := r.buf
	for range all {
		r.bytes(r.count(1))
	}
	if r.fault {
		return all
	}
	again, piece := reader{buf: table}, string(table[:len(table)-len(r.buf)])
	for i := range all {
		n := again.count(1)
		at := len(table) - len(again.buf)
		all[i] = piece[at : at+n]
		again.bytes(n)
	}
	return all
}

// entry is a series of the Part that is read, before its columns.
type entry struct {
	id          budget.SeriesID
	first, last slo.Minute
	flags       byte
}

// header is what a Part says before its columns.
type header struct {
	from    slo.Minute
	width   int
	texts   []string
	entries []entry
	// How many columns follow, of valid, of bad and of late events.
	valid, bad, late int
}

func (r *reader) header() (*header, error) {
	h := &header{from: slo.Minute(r.uvarint()), width: int(min(r.uvarint(), MaxWidth+1))}
	if r.fault || h.width < 1 || h.width > MaxWidth || h.from < 0 || h.from > maxMinute {
		return nil, errMalformed
	}
	h.texts = r.texts()
	const seriesBytes = 8 // five texts, two minutes, the flags
	h.entries = make([]entry, r.count(seriesBytes))
	for i := range h.entries {
		if !r.entry(h, &h.entries[i]) {
			return nil, errMalformed
		}
	}
	if h.valid > h.bad || h.bad > 0 && h.valid == 0 || (h.valid+h.bad+h.late)*h.width > len(r.buf) {
		return nil, errMalformed
	}
	return h, nil
}

func (r *reader) entry(h *header, e *entry) bool {
	e.id.Key.Service = slo.Service{Namespace: r.textOf(h), Name: r.textOf(h), Environment: r.textOf(h)}
	e.id.Key.SLI = r.textOf(h)
	e.id.Definition = slo.Definition(r.textOf(h))
	first, last := r.uvarint(), r.uvarint()
	flag := r.bytes(1)
	if r.fault || first > last || last >= uint64(h.width) || flag[0]&flagOwnValid != 0 && flag[0]&flagEvents == 0 {
		return false
	}
	e.first, e.last, e.flags = h.from+slo.Minute(first), h.from+slo.Minute(last), flag[0]
	if e.flags&flagOwnValid != 0 {
		h.valid++
	}
	if e.flags&flagEvents != 0 {
		h.bad++
	}
	if e.flags&flagLate != 0 {
		h.late++
	}
	return true
}

// textOf reads a text by its place in the table.
func (r *reader) textOf(h *header) string {
	i := r.uvarint()
	if i >= uint64(len(h.texts)) {
		r.fault = true
		return ""
	}
	return h.texts[i]
}

// part reads a Part, and returns what gives it to a sink: the series in their
// order, then the heartbeats.
func (r *reader) part() (give func(Sink), err error) {
	h, err := r.header()
	if err != nil {
		return nil, err
	}
	columns := r.columns(h)
	instances := make([]string, r.count(1+8))
	beats := make([]uint64, len(instances))
	for i := range instances {
		instances[i] = r.textOf(h)
		if b := r.bytes(8); b != nil {
			beats[i] = binary.LittleEndian.Uint64(b)
		}
	}
	if r.fault {
		return nil, errMalformed
	}
	return func(to Sink) {
		columns.give(to, h)
		for i, set := range beats {
			for ; set != 0; set &= set - 1 {
				if at := bits.TrailingZeros64(set); at < h.width {
					to.Heartbeat(budget.Heartbeat{Instance: instances[i], Minute: h.from + slo.Minute(at)})
				}
			}
		}
	}, nil
}

// maxMinute is in the year 10000: what lies beyond is no minute.
const maxMinute = 4_223_000_000

// Read gives the Part in bytes, as Append wrote it, to the sink. Of bytes that
// are malformed it gives nothing.
func Read(raw []byte, to Sink) error {
	r := &reader{buf: raw}
	give, err := r.part()
	if err != nil {
		return err
	}
	if len(r.buf) != 0 {
		return errMalformed
	}
	give(to)
	return nil
}
