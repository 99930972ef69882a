// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// A question is answered under the lock of a shard, and the archive may take long:
// it reads a disk, and waits for a commit. So a question that needs minutes of the
// past is first told that they cannot be had, and which it missed is noted; the
// lock is released, the archive reads, and the question is put again. Each answer
// is complete, as a question that fails changes nothing that a later one does not
// mend.

// fetching is what a question gets of the archive while it holds a shard's lock.
type fetching struct {
	// deferred: nobody is to wait for the archive under the lock.
	deferred bool
	got      map[request]fetched
	missed   []request
}

// request is for minutes [from, to) of a series.
type request struct {
	of       *series
	from, to slo.Minute
}

type fetched struct {
	cells []cell
	err   error
}

// fetchRounds is how often a question is put again: each round finds what the one
// before could not know that it would need. A question that needs still more asks
// the archive under the lock.
const fetchRounds = 6

// ask puts a question that may need the archive. It is called once or several
// times, and the last call counts: it must make its answer anew each time.
func (sh *shard) ask(question func()) {
	var got map[request]fetched
	amended := uint64(0)
	for range fetchRounds {
		missed, now := sh.try(question, got, amended)
		if len(missed) == 0 {
			return
		}
		if got == nil || now != amended {
			got = map[request]fetched{}
		}
		amended = now
		for _, r := range missed {
			got[r] = r.fetch()
		}
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.ledger.writersMu.RLock()
	defer sh.ledger.writersMu.RUnlock()
	question()
}

// try puts the question with what was got of the archive, unless that is out of
// date by now.
func (sh *shard) try(question func(), got map[request]fetched, amended uint64) ([]request, uint64) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.ledger.writersMu.RLock()
	defer sh.ledger.writersMu.RUnlock()
	if sh.amended != amended {
		got = nil
	}
	sh.fetching = fetching{deferred: true, got: got}
	question()
	missed := sh.missed
	sh.fetching = fetching{}
	return missed, sh.amended
}

// fetch asks the archive. Nobody holds a lock.
func (r request) fetch() (f fetched) {
	f.err = r.of.ask(r.from, r.to, func(minute slo.Minute, c Counts) { f.cells = append(f.cells, cell{minute, c}) })
	return f
}
