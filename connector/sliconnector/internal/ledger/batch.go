// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"time"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/cause"
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
	// blames holds what is known of the bad events of a cell.
	blames map[blame]uint64
	// versions that the call saw, and the current one.
	versions []string
	version  int
	waits    []wait
	// left counts what is neither good nor bad, by rule and indicator.Reasons.
	left []Left
}

// Left holds counts by the index of indicator.Reasons.
type Left [len(indicator.Reasons)]uint64

type cellKey struct {
	view   *View
	rule   int
	minute slo.Minute
	// version is that of the service, as an index of Batch.versions.
	version int
}

// blame is a cause of bad events of a cell.
type blame struct {
	cell  int
	cause cause.Cause
}

// wait is where the time of a service's requests went in a minute.
type wait struct {
	view   *View
	minute slo.Minute
	slo.Waits
}

type cell struct {
	cellKey
	good, bad, uncertain uint64
}

// noCell in recent: the rule has no cell yet.
const noCell = -1

// NewBatch returns an empty batch for a number of rules.
func NewBatch(rules int) *Batch {
	b := &Batch{index: map[cellKey]int{}, blames: map[blame]uint64{}, recent: make([]int, rules), left: make([]Left, rules)}
	b.Reset()
	return b
}

// Reset empties the batch for the next call.
func (b *Batch) Reset() {
	clear(b.cells) // drop the references to views of former generations
	b.cells = b.cells[:0]
	clear(b.index)
	clear(b.blames)
	clear(b.versions)
	b.versions, b.version = append(b.versions[:0], ""), 0
	clear(b.waits)
	b.waits = b.waits[:0]
	clear(b.left)
	for i := range b.recent {
		b.recent[i] = noCell
	}
}

// Version says which version the events of the next calls of Count are of, empty if
// nobody knows.
func (b *Batch) Version(version string) {
	for b.version = range b.versions {
		if b.versions[b.version] == version {
			return
		}
	}
	b.version = len(b.versions)
	b.versions = append(b.versions, version)
}

// Count adds a verdict of a rule on an event of that minute, and returns where it
// stands for Blame. A verdict that does not concern the rule must not be passed.
func (b *Batch) Count(v *View, rule int, minute slo.Minute, verdict indicator.Verdict) (at int) {
	at = b.cell(cellKey{v, rule, minute, b.version})
	c := &b.cells[at]
	c.good += verdict.Good
	c.bad += verdict.Bad
	if verdict.Left != 0 {
		b.Leave(v.Indicator(rule), verdict.Left, verdict.Reason)
		if verdict.Reason.Uncertain() {
			c.uncertain += verdict.Left
		}
	}
	return at
}

// Miss adds events of that minute that a rule could not judge, for a reason.
func (b *Batch) Miss(v *View, rule int, minute slo.Minute, n uint64, why indicator.Reason) {
	b.Count(v, rule, minute, indicator.Verdict{Left: n, Reason: why})
}

// Blame says of n bad events, counted where Count said, what caused them.
func (b *Batch) Blame(at int, c cause.Cause, n uint64) { b.blames[blame{at, c}] += n }

// Wait adds where the time of one request went.
func (b *Batch) Wait(v *View, minute slo.Minute, queue, handler time.Duration) {
	for i := len(b.waits) - 1; i >= 0; i-- {
		if w := &b.waits[i]; w.view == v && w.minute == minute {
			w.Observe(queue, handler)
			return
		}
	}
	b.waits = append(b.waits, wait{view: v, minute: minute})
	b.waits[len(b.waits)-1].Observe(queue, handler)
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

func (b *Batch) cell(key cellKey) int {
	if i := b.recently(key.rule); i != noCell && b.cells[i].cellKey == key {
		return i
	}
	i, ok := b.index[key]
	if !ok {
		i = len(b.cells)
		b.cells = append(b.cells, cell{cellKey: key})
		b.index[key] = i
	}
	b.recent[key.rule] = i
	return i
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
		s.uncertain.Add(c.uncertain)
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
		if c.uncertain != 0 {
			recorder.Uncertain(p.key, c.minute, c.uncertain, p.definition, writer)
		}
	}
	if to, ok := recorder.(slo.Attributor); ok {
		b.attribute(to)
	}
	if to, ok := recorder.(slo.QueueRecorder); ok {
		for i := range b.waits {
			to.Waited(b.waits[i].view.service.id, b.waits[i].minute, b.waits[i].Waits)
		}
	}
}

// attribute tells what is known of the events that Commit counted.
func (b *Batch) attribute(to slo.Attributor) {
	for i := range b.cells {
		c := &b.cells[i]
		if version := b.versions[c.version]; version != "" && c.good|c.bad != 0 {
			p := &c.view.promises[c.rule]
			to.Attribute(p.key, c.minute, p.definition, slo.Part{Dimension: slo.Version, Name: version}, c.good, c.bad)
		}
	}
	for blame, n := range b.blames {
		c := &b.cells[blame.cell]
		p := &c.view.promises[c.rule]
		blame.cause.Parts(func(part slo.Part) { to.Attribute(p.key, c.minute, p.definition, part, 0, n) })
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
