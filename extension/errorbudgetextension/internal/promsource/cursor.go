// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A cursor is: its version, what was selected (hash), the position, and then the
// identity, the last instant and the last value of every series.
const (
	cursorVersion = 1
	selectorBytes = 16
)

var errCursor = errors.New("the position in Prometheus cannot be read")

// selection identifies what is read: by another selector or other labels the same
// series may mean something else.
func (set *Settings) selection() [selectorBytes]byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", set.Selector, set.Uncertain, []string{
		set.Labels.Service, set.Labels.Namespace, set.Labels.Environment, set.Labels.SLI, set.Labels.Outcome,
	}))
	return [selectorBytes]byte(sum[:selectorBytes])
}

func appendCursor(to []byte, selection [selectorBytes]byte, p position, counters map[seriesID]counter) []byte {
	to = append(to, cursorVersion)
	to = append(to, selection[:]...)
	for _, v := range []int64{p.origin, p.through, p.read, p.reread, int64(p.taken.from), int64(p.taken.to)} {
		to = binary.AppendVarint(to, v)
	}
	to = append(to, bit(p.historyOnly))
	to = binary.AppendUvarint(to, uint64(len(counters)))
	ids := slices.SortedFunc(maps.Keys(counters), func(a, b seriesID) int { return slices.Compare(a[:], b[:]) })
	for _, id := range ids {
		c := counters[id]
		to = append(to, id[:]...)
		to = append(to, bit(c.sighted))
		to = binary.AppendVarint(to, c.millis-p.through)
		to = binary.AppendUvarint(to, c.value)
	}
	return to
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func readCursor(raw []byte) (selection [selectorBytes]byte, p position, counters map[seriesID]counter, err error) {
	r := cursorReader{raw: raw}
	if version := r.bytes(1); version[0] != cursorVersion {
		return selection, p, nil, fmt.Errorf("%w: it is of version %d, this program knows version %d", errCursor, version[0], cursorVersion)
	}
	copy(selection[:], r.bytes(selectorBytes))
	for _, v := range []*int64{&p.origin, &p.through, &p.read, &p.reread, (*int64)(&p.taken.from), (*int64)(&p.taken.to)} {
		*v = r.varint()
	}
	p.historyOnly = r.bytes(1)[0] == 1
	n := r.uvarint()
	counters = map[seriesID]counter{}
	for ; n > 0 && !r.short; n-- {
		id := seriesID(r.bytes(16))
		c := counter{sighted: r.bytes(1)[0] == 1, millis: p.through + r.varint(), value: r.uvarint()}
		counters[id] = c
	}
	if r.short || len(r.raw) > 0 {
		return selection, position{}, nil, fmt.Errorf("%w: it does not end where it should", errCursor)
	}
	return selection, p, counters, nil
}

// cursorReader reads from the front. Once there is too little, it reads zeros.
type cursorReader struct {
	raw   []byte
	short bool
}

func (r *cursorReader) bytes(n int) []byte {
	if r.short || len(r.raw) < n {
		r.short = true
		return make([]byte, n)
	}
	out := r.raw[:n]
	r.raw = r.raw[n:]
	return out
}

func (r *cursorReader) varint() int64 {
	v, n := binary.Varint(r.raw)
	r.skip(n)
	return v
}

func (r *cursorReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.raw)
	r.skip(n)
	return v
}

func (r *cursorReader) skip(n int) {
	if r.short || n <= 0 {
		r.short = true
		return
	}
	r.raw = r.raw[n:]
}
