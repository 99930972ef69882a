// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Batch adds up the verdicts of one call by service, indicator and minute, so
// that the recorder is asked once for each and not once for each span. It
// belongs to one goroutine and is meant to be reused.
type Batch struct {
	cells []cell
	index map[cellKey]int
	// recent is the cell that each rule used last: the spans of a resource mostly
	// fall into the same minute.
	recent []int
	// left counts what is neither good nor bad, by rule and indicator.Reasons.
	left []Left
}

// Left holds counts by the index of indicator.Reasons.
type Left [len(indicator.Reasons)]uint64

type cellKey struct {
	view   *View
	rule   int
	minute slo.Minute
}

type cell struct {
	cellKey
	good, bad uint64
}

// noCell in recent: the rule has no cell yet.
const noCell = -1

// NewBatch returns an empty batch for a number of rules.
func NewBatch(rules int) *Batch {
	b := &Batch{index: map[cellKey]int{}, recent: make([]int, rules), left: make([]Left, rules)}
	b.Reset()
	return b
}

// Reset empties the batch for the next call.
func (b *Batch) Reset() {
	clear(b.cells) // drop the references to views of former generations
	b.cells = b.cells[:0]
	clear(b.index)
	clear(b.left)
	for i := range b.recent {
		b.recent[i] = noCell
	}
}

// Count adds a verdict of a rule on an event of that minute. A verdict that does
// not concern the rule must not be passed.
func (b *Batch) Count(v *View, rule int, minute slo.Minute, verdict indicator.Verdict) {
	c := b.cell(cellKey{v, rule, minute})
	c.good += verdict.Good
	c.bad += verdict.Bad
	if verdict.Left != 0 {
		b.Leave(v.Indicator(rule), verdict.Left, verdict.Reason)
	}
}

// Leave counts events that are neither good nor bad for a rule, of a service or
// minute that may be unknown.
func (b *Batch) Leave(rule int, n uint64, why indicator.Reason) {
	for i, r := range indicator.Reasons {
		if r == why {
			b.left[rule][i] += n
			return
		}
	}
}

func (b *Batch) cell(key cellKey) *cell {
	if i := b.recently(key.rule); i != noCell && b.cells[i].cellKey == key {
		return &b.cells[i]
	}
	i, ok := b.index[key]
	if !ok {
		i = len(b.cells)
		b.cells = append(b.cells, cell{cellKey: key})
		b.index[key] = i
	}
	b.recent[key.rule] = i
	return &b.cells[i]
}

// recently returns the cell that a rule used last. The rules of further
// thresholds come after those that the batch was made for.
func (b *Batch) recently(rule int) int {
	for len(b.recent) <= rule {
		b.recent = append(b.recent, noCell)
	}
	return b.recent[rule]
}

// Commit adds the batch to the cumulative counts and tells the recorder, which
// may be nil. A series is announced with zeros before its first count.
func (b *Batch) Commit(recorder slo.Recorder, writer slo.Writer) {
	for i := range b.cells {
		c := &b.cells[i]
		p := &c.view.promises[c.rule]
		s := p.counts
		s.good.Add(c.good)
		s.bad.Add(c.bad)
		s.seen.Store(true)
		if recorder == nil {
			continue
		}
		if !p.announced.Swap(true) {
			recorder.Add(p.key, c.minute, 0, 0, p.definition, writer)
		}
		if c.good|c.bad != 0 {
			recorder.Add(p.key, c.minute, c.good, c.bad, p.definition, writer)
		}
	}
}

// EachLeft calls f for every rule and index of indicator.Reasons with a count.
func (b *Batch) EachLeft(f func(rule, reason int, n uint64)) {
	for rule := range b.left {
		for reason, n := range b.left[rule] {
			if n != 0 {
				f(rule, reason, n)
			}
		}
	}
}
