// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"sync"

	"github.com/sloe-dev/sloe/internal/slo"
)

// pendingShard holds some of the series that count, under a lock of its own.
type pendingShard struct {
	mu     sync.Mutex // guards what follows
	series map[uint64]*pendingSeries
	dirty  []*pendingSeries // those with something to drain
}

// find returns a series that is known, or nil.
func (p *pendingShard) find(hash uint64, key *slo.Key, definition slo.Definition) *pendingSeries {
	s := p.series[hash]
	for s != nil && (s.id.Key != *key || s.id.Definition != definition) {
		s = s.next
	}
	return s
}

// make returns a new series.
func (p *pendingShard) make(hash uint64, id SeriesID) *pendingSeries {
	if p.series == nil {
		p.series = map[uint64]*pendingSeries{}
	}
	s := &pendingSeries{id: id, touched: -1, next: p.series[hash]}
	p.series[hash] = s
	return s
}

func (p *pendingShard) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.dirty)
}

// drain moves what was counted into a batch.
func (p *pendingShard) drain(b *Batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.dirty {
		for _, c := range s.cells {
			b.Increments = append(b.Increments, Increment{Series: s.id, Minute: c.minute, Counts: c.counts})
			s.touched = max(s.touched, c.minute)
		}
		s.cells = s.cells[:0]
		s.dirty = false
	}
	clear(p.dirty)
	p.dirty = p.dirty[:0]
}

// sweepEvery is how often series are forgotten that were silent for as long, in
// minutes. One that speaks again is sighted again, which changes nothing.
const sweepEvery = 60

// sweep forgets silent series and returns how many.
func (p *pendingShard) sweep(now slo.Minute) (gone int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for hash, s := range p.series {
		var kept *pendingSeries
		for s != nil {
			next := s.next
			if s.touched < now-sweepEvery-maxLateness && !s.dirty {
				gone++
			} else {
				s.next, kept = kept, s
			}
			s = next
		}
		if kept == nil {
			delete(p.series, hash)
		} else {
			p.series[hash] = kept
		}
	}
	return gone
}
