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

// row is a series and its minutes.
type row struct {
	id *budget.SeriesID
	*minutes
}

// Append writes the Part behind buf, the series by service.
func (p *Part) Append(buf []byte) []byte {
	rows := make([]row, 0, len(p.series))
	for _, id := range slices.SortedFunc(maps.Keys(p.series), compareSeries) {
		rows = append(rows, row{&id, p.series[id]})
	}
	return appendRows(buf, p.From, p.Width, rows, p.beats)
}

// appendRows writes a Part behind buf: the minutes, a table of texts, the series,
// then all columns of valid events, of bad ones, of late ones, and the heartbeats.
// Series of a service that stand side by side share their column of valid events.
func appendRows(buf []byte, from slo.Minute, width int, rows []row, beats map[string]uint64) []byte {
	instances := slices.Sorted(maps.Keys(beats))
	texts := newTexts(len(rows) / 2) // of most services there are two series
	names := texts.addRows(rows)
	for _, instance := range instances {
		texts.add(instance)
	}
	buf = binary.AppendUvarint(buf, uint64(from))
	buf = binary.AppendUvarint(buf, uint64(width))
	buf = texts.append(buf)
	const rowBytes = seriesTexts + 6 // numbers of texts, first, last and flags: small ones take a byte
	buf = slices.Grow(binary.AppendUvarint(buf, uint64(len(rows))), rowBytes*len(rows))
	valid, bad := make([]byte, 0, width*len(rows)), make([]byte, 0, width*len(rows))
	var late []byte
	var before []budget.Counts // whose column of valid events was written last
	for n, m := range rows {
		if n == 0 || m.id.Key.Service != rows[n-1].id.Key.Service {
			before = nil
		}
		flags := flagsOf(m.counts, before)
		for _, name := range names[n] {
			buf = binary.AppendUvarint(buf, name)
		}
		buf = binary.AppendUvarint(buf, uint64(m.first-from))
		buf = binary.AppendUvarint(buf, uint64(m.last-from))
		buf = append(buf, flags)
		if flags&flagOwnValid != 0 {
			valid, before = appendValid(valid, m.counts), m.counts
		}
		for _, c := range m.counts {
			if flags&flagEvents != 0 {
				bad = binary.AppendUvarint(bad, c.Bad)
			}
			if flags&flagLate != 0 {
				late = binary.AppendUvarint(late, c.Uncertain)
			}
		}
	}
	buf = append(append(append(buf, valid...), bad...), late...)
	buf = binary.AppendUvarint(buf, uint64(len(instances)))
	for _, instance := range instances {
		buf = binary.AppendUvarint(buf, texts.index[instance])
		buf = binary.LittleEndian.AppendUint64(buf, beats[instance])
	}
	return buf
}

func flagsOf(counts, before []budget.Counts) (flags byte) {
	same := before != nil
	for i, c := range counts {
		if c.Good != 0 || c.Bad != 0 {
			flags |= flagEvents
		}
		if c.Uncertain != 0 {
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

// newTexts makes room for about so many.
func newTexts(room int) *texts {
	return &texts{all: make([]string, 0, room), index: make(map[string]uint64, room)}
}

// add returns where in the table the text is.
func (t *texts) add(text string) uint64 {
	n, known := t.index[text]
	if !known {
		n = uint64(len(t.all))
		t.index[text] = n
		t.all = append(t.all, text)
	}
	return n
}

const seriesTexts = 5

// textsOf are those of a series: of its service, its indicator and its definition.
func textsOf(id *budget.SeriesID) [seriesTexts]string {
	s := &id.Key.Service
	return [seriesTexts]string{s.Namespace, s.Name, s.Environment, id.Key.SLI, string(id.Definition)}
}

// addRows returns where the texts of each series are. Most are those of the row
// before.
func (t *texts) addRows(rows []row) [][seriesTexts]uint64 {
	names := make([][seriesTexts]uint64, len(rows))
	var before [seriesTexts]string
	for n, r := range rows {
		for i, text := range textsOf(r.id) {
			if n > 0 && text == before[i] {
				names[n][i] = names[n-1][i]
				continue
			}
			names[n][i], before[i] = t.add(text), text
		}
	}
	return names
}

func (t *texts) append(buf []byte) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(t.all)))
	for _, text := range t.all {
		buf = appendText(buf, text)
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
