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

// What columns a series has.
const (
	flagEvents   = 1 << iota // any at all
	flagOwnValid             // its own column of valid events, not that of the series before
	flagLate                 // a column of late events
)

// Append writes the Part behind buf: the minutes, a table of texts, the series by
// service, then all columns of valid events, of bad ones, of late ones, and the
// heartbeats.
func (p *Part) Append(buf []byte) []byte {
	ids := slices.SortedFunc(maps.Keys(p.series), compareSeries)
	instances := slices.Sorted(maps.Keys(p.beats))
	texts := newTexts(ids, instances)
	buf = binary.AppendUvarint(buf, uint64(p.From))
	buf = binary.AppendUvarint(buf, uint64(p.Width))
	buf = texts.append(buf)
	buf = binary.AppendUvarint(buf, uint64(len(ids)))
	var valid, bad, late []byte
	var before []budget.Counts // whose column of valid events was written last
	var service slo.Service
	for n, id := range ids {
		m := p.series[id]
		if n == 0 || id.Key.Service != service {
			service, before = id.Key.Service, nil
		}
		flags := flagsOf(m.counts, before)
		buf = texts.appendSeries(buf, id)
		buf = binary.AppendUvarint(buf, uint64(m.first-p.From))
		buf = binary.AppendUvarint(buf, uint64(m.last-p.From))
		buf = append(buf, flags)
		if flags&flagOwnValid != 0 {
			valid, before = appendValid(valid, m.counts), m.counts
		}
		for _, c := range m.counts {
			if flags&flagEvents != 0 {
				bad = binary.AppendUvarint(bad, c.Bad)
			}
			if flags&flagLate != 0 {
				late = binary.AppendUvarint(late, c.Late)
			}
		}
	}
	buf = append(append(append(buf, valid...), bad...), late...)
	buf = binary.AppendUvarint(buf, uint64(len(instances)))
	for _, instance := range instances {
		buf = binary.AppendUvarint(buf, texts.index[instance])
		buf = binary.LittleEndian.AppendUint64(buf, p.beats[instance])
	}
	return buf
}

func flagsOf(counts, before []budget.Counts) (flags byte) {
	same := before != nil
	for i, c := range counts {
		if c.Good != 0 || c.Bad != 0 {
			flags |= flagEvents
		}
		if c.Late != 0 {
			flags |= flagLate
		}
		same = same && c.Good+c.Bad == before[i].Good+before[i].Bad
	}
	if flags&flagEvents != 0 && !same {
		flags |= flagOwnValid
	}
	return flags
}

func appendValid(buf []byte, counts []budget.Counts) []byte {
	before := uint64(0)
	for _, c := range counts {
		valid := c.Good + c.Bad
		buf = binary.AppendVarint(buf, int64(valid-before))
		before = valid
	}
	return buf
}

// texts are the names in a Part, each written once.
type texts struct {
	all   []string
	index map[string]uint64
}

func newTexts(ids []budget.SeriesID, instances []string) *texts {
	t := &texts{index: map[string]uint64{}}
	for _, id := range ids {
		s := id.Key.Service
		for _, text := range []string{s.Namespace, s.Name, s.Environment, id.Key.SLI, string(id.Definition)} {
			t.add(text)
		}
	}
	for _, instance := range instances {
		t.add(instance)
	}
	return t
}

func (t *texts) add(text string) {
	if _, known := t.index[text]; !known {
		t.index[text] = uint64(len(t.all))
		t.all = append(t.all, text)
	}
}

func (t *texts) append(buf []byte) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(t.all)))
	for _, text := range t.all {
		buf = appendText(buf, text)
	}
	return buf
}

func (t *texts) appendSeries(buf []byte, id budget.SeriesID) []byte {
	s := id.Key.Service
	for _, text := range []string{s.Namespace, s.Name, s.Environment, id.Key.SLI, string(id.Definition)} {
		buf = binary.AppendUvarint(buf, t.index[text])
	}
	return buf
}

func appendText(buf []byte, text string) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(text))), text...)
}

// compareSeries puts the series of a service side by side.
func compareSeries(a, b budget.SeriesID) int {
	return cmp.Or(budget.CompareServices(a.Key.Service, b.Key.Service),
		cmp.Compare(a.Key.SLI, b.Key.SLI), cmp.Compare(a.Definition, b.Definition))
}
