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
// ascending order. It is called under the Ledger's lock and must not call it.
type Archive interface {
	Minutes(series SeriesID, from, to slo.Minute, visit func(slo.Minute, Counts)) error
}

// UseArchive makes the Ledger rely on an archive. It is called before anything
// is restored or applied.
func (l *Ledger) UseArchive(a Archive) { l.archive = a }

// ArchiveFailures returns how often minutes of the past could not be had. A
// window then holds up to two hours more than it should until they can.
func (l *Ledger) ArchiveFailures() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unarchived
}

// past reads minutes of one series, which is how a series sees an Archive.
type past func(from, to slo.Minute, visit func(slo.Minute, Counts)) error

func (l *Ledger) pastOf(id SeriesID) past {
	if l.archive == nil {
		return nil
	}
	return func(from, to slo.Minute, visit func(slo.Minute, Counts)) error {
		err := l.archive.Minutes(id, from, to, visit)
		if err != nil {
			l.unarchived++
		}
		return err
	}
}

// errDisagrees: what the archive holds of a block is not what was counted. It is
// so for a moment while a late batch is durable and not yet applied.
var errDisagrees = errors.New("the archive and the ledger disagree")

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
