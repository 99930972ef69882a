// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// pendingSeries outlives a Drain, so that a busy series costs no allocation.
type pendingSeries struct {
	id      SeriesID
	next    *pendingSeries // of the same hash
	cells   []pendingCell  // of a few minutes, the newest last
	dirty   bool
	touched slo.Minute          // the newest minute that was drained or is to be
	last    string              // the writer of the latest Add
	sighted bool                // there was one
	writers map[string]struct{} // the others whose sight is drained or is to be; nil if there are none
}

type pendingCell struct {
	minute slo.Minute
	counts Counts
}

func (s *pendingSeries) add(minute slo.Minute, counts Counts) {
	for i := len(s.cells) - 1; i >= 0; i-- {
		if s.cells[i].minute == minute {
			s.cells[i].counts.add(counts)
			return
		}
	}
	s.cells = append(s.cells, pendingCell{minute: minute, counts: counts})
}
