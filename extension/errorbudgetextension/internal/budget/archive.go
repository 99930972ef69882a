// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"errors"
	"fmt"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Archive gives back minutes of the past that were made durable. A Ledger that
// has one keeps the minutes of the recent hours alone, and before those the
// sums of blocks; one that has none keeps every minute in memory.
//
// Minutes visits the minutes of a series in [from, to) that hold counts, in
// ascending order. It may be called from any goroutine, in rare cases under a lock
// of the Ledger, and must not call the Ledger.
type Archive interface {
	Minutes(series SeriesID, from, to slo.Minute, visit func(slo.Minute, Counts)) error
}

// UseArchive makes the Ledger rely on an archive. It is called before anything
// is restored or applied.
func (l *Ledger) UseArchive(a Archive) { l.archive = a }

// ArchiveFailures returns how often minutes of the past could not be had. A
// window then holds up to two hours more than it should until they can.
func (l *Ledger) ArchiveFailures() uint64 { return l.unarchived.Load() }

// past reads minutes of a series that memory does not hold.
type past func(from, to slo.Minute, visit func(slo.Minute, Counts)) error

// archived tells whether the minutes of the past are left to an archive.
func (s *series) archived() bool { return s.owner.home.ledger.archive != nil }

// past reads minutes that memory does not hold: from the archive, or from the
// series that this one is derived from.
func (s *series) past(from, to slo.Minute, visit func(slo.Minute, Counts)) error {
	if s.derived != nil {
		return s.derived(from, to, visit)
	}
	sh := s.owner.home
	if !sh.deferred {
		return s.ask(from, to, visit)
	}
	r := request{of: s, from: from, to: to}
	found, ok := sh.got[r]
	if !ok {
		sh.missed = append(sh.missed, r)
		return errDeferred
	}
	for _, c := range found.cells {
		visit(c.minute, c.counts)
	}
	return found.err
}

// ask asks the archive itself.
func (s *series) ask(from, to slo.Minute, visit func(slo.Minute, Counts)) error {
	l := s.owner.home.ledger
	id := SeriesID{Key: slo.Key{Service: s.owner.id, SLI: s.sli}, Definition: s.definition}
	err := l.archive.Minutes(id, from, to, visit)
	if err != nil {
		l.unarchived.Add(1)
	}
	return err
}

var (
	// errDeferred: the minutes are fetched, and the question is put again.
	errDeferred = errors.New("the minutes are to be fetched first")
	// errDisagrees: what the archive holds of a block is not what was counted. It is
	// so for a moment while a late batch is durable and not yet applied.
	errDisagrees = errors.New("the archive and the ledger disagree")
)

// minutesOf returns the minutes of a block, which have to add up to it.
func (s *series) minutesOf(h block) ([]cell, error) {
	cells := make([]cell, 0, blockMinutes)
	var sum Counts
	err := s.past(h.start(), h.end(), func(minute slo.Minute, counts Counts) {
		cells = append(cells, cell{minute: minute, counts: counts})
		sum.add(counts)
	})
	if err != nil {
		return nil, err
	}
	if sum != h.counts {
		return nil, fmt.Errorf("%w over the block from %s", errDisagrees, h.start().Time())
	}
	return cells, nil
}
