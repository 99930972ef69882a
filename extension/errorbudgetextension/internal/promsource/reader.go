// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// How much is asked for at once. A page is halved when it cannot be had, and grows
// while there is much to read and its answers are small.
const (
	firstPage = 10 * time.Minute
	leastPage = 15 * time.Second
	mostPage  = 6 * time.Hour
	// fewSamples and manySamples are when the next page is longer or shorter: a
	// page is held in memory until it is delivered.
	fewSamples     = 200_000
	manySamples    = 1_000_000
	manyIncrements = 200_000
)

const (
	// maxRewind bounds how far back late samples are looked for. It is how late an
	// event may be.
	maxRewind = 2 * time.Hour
	// forgetAfter is how long a series may be silent before it is another one when
	// it comes back.
	forgetAfter = 7 * 24 * time.Hour
	// behind is by how much the reading may lag and still be no read of the past.
	behind = 2 * time.Minute
	// firstBackoff and maxBackoff are how long a Prometheus is left alone that does
	// not answer. A page that was too large is asked for by halves soon.
	firstBackoff = time.Second
	maxBackoff   = time.Minute
	// progressEvery is how often the progress of a long read is told.
	progressEvery = 10 * time.Second
)

// Reader follows the counters of a Prometheus. Life cycle: New, then Run once.
type Reader struct {
	set       *Settings
	selection [selectorBytes]byte
	at        position
	counters  map[seriesID]counter
	announced map[slo.Key]slo.Definition
	page      time.Duration
	history   int64 // where a reading of history alone ends

	pastRead bool // told that the past is read
	told     time.Time
	events   uint64 // since told
	read     atomic.Int64
	series   atomic.Int64
}

// New returns a Reader that goes on where a cursor says, nil if there is none. An
// error says that the cursor is of no use: the Reader then goes on behind what the
// store holds.
func New(set Settings, cursor []byte, stored Extent) (*Reader, error) {
	r := &Reader{
		set: &set, selection: set.selection(), page: firstPage,
		counters: map[seriesID]counter{}, announced: map[slo.Key]slo.Definition{},
	}
	err := r.recall(cursor, stored)
	if set.HistoryOnly && !r.at.ended(r.set) {
		r.history = r.at.taken.from.Time().UnixMilli()
	}
	r.publish()
	return r, err
}

// errSelection: what was read before was selected otherwise.
var errSelection = errors.New("the selection of the series changed: what its counters held until now is not counted")

func (r *Reader) recall(cursor []byte, stored Extent) error {
	if cursor == nil {
		r.at = begin(r.set, stored)
		return nil
	}
	selection, at, counters, err := readCursor(cursor)
	if err != nil {
		r.at = begin(r.set, stored)
		return err
	}
	r.at, r.counters = at.goOn(r.set, stored), counters
	if selection != r.selection && !r.at.ended(r.set) {
		r.at.origin = r.at.through
		r.counters = map[seriesID]counter{}
		return errSelection
	}
	return nil
}

// Run reads until the context ends, or, if it reads history alone, until that is
// read. It tells whether all was.
func (r *Reader) Run(ctx context.Context) (ended bool) {
	backoff := time.Duration(0)
	timer := time.NewTimer(0)
	defer timer.Stop()
	r.told = r.set.Clock()
	for !r.at.ended(r.set) {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
		more, err := r.step(ctx)
		if ctx.Err() != nil {
			return false
		}
		r.set.Report(err)
		wait := r.set.Interval
		switch {
		case err != nil:
			backoff = min(max(2*backoff, firstBackoff), maxBackoff)
			wait = backoff
		case more:
			wait, backoff = 0, 0
		default:
			backoff = 0
		}
		timer.Reset(wait)
	}
	return true
}

// Left returns how much time is to be read, as of an instant. It may be called from
// any goroutine, as Series may.
func (r *Reader) Left(now time.Time) time.Duration {
	return max(time.UnixMilli(r.goal(now.UnixMilli())).Sub(time.UnixMilli(r.read.Load())), 0)
}

// goal is up to when there is something to read.
func (r *Reader) goal(now int64) int64 {
	if r.set.HistoryOnly {
		return min(now, r.history)
	}
	return now
}

// Series returns how many series are followed.
func (r *Reader) Series() int { return int(r.series.Load()) }

func (r *Reader) publish() {
	r.read.Store(r.at.read)
	r.series.Store(int64(len(r.counters)))
}

// step reads one page and delivers it. It tells whether there is more to read.
func (r *Reader) step(ctx context.Context) (more bool, err error) {
	now := r.set.Clock().UnixMilli()
	from := min(r.at.through, now)
	to := min(from+r.page.Milliseconds(), r.goal(now))
	p := newPage(r, from, to)
	if err := r.set.Samples(ctx, from, to, p.take); err != nil {
		r.page = max(r.page/2, leastPage)
		return false, err
	}
	if back := max(p.back, from-maxRewind.Milliseconds()); back < from && now-from <= maxRewind.Milliseconds() {
		// A series comes back, so samples of a time that was read may have come late.
		r.at.reread, r.at.through = from, back
		return true, nil
	}
	if err := r.deliver(ctx, p, now); err != nil {
		return false, fmt.Errorf("keep what was read of Prometheus: %w", err)
	}
	r.resize(p)
	r.tell(now)
	if to == now && r.set.Open != nil {
		err = r.readOpen(ctx, now)
	}
	return to < now && r.at.through == to, err
}

// deliver hands a page over with the cursor behind it, and moves on.
func (r *Reader) deliver(ctx context.Context, p *page, now int64) error {
	at := r.at
	at.read = max(at.read, p.to)
	at.through = p.to
	if late := now - r.set.Overlap.Milliseconds(); at.through > late {
		at.through = max(p.from, late)
	}
	b := p.batch()
	counters := r.counters
	if len(p.counters) > 0 || p.to < now {
		counters = maps.Clone(r.counters)
		maps.Copy(counters, p.counters)
		forget(counters, at.through)
		b.Cursor = appendCursor(nil, r.selection, at, counters)
	}
	if err := r.set.Deliver(ctx, b); err != nil {
		return err
	}
	r.at, r.counters = at, counters
	if len(r.announced) > r.set.MaxSeries {
		clear(r.announced) // of series that are gone; the others are announced again
	}
	maps.Copy(r.announced, p.definitions)
	r.events += p.events
	r.publish()
	r.set.Told(p.tally)
	return nil
}

func forget(counters map[seriesID]counter, through int64) {
	maps.DeleteFunc(counters, func(_ seriesID, c counter) bool { return c.millis < through-forgetAfter.Milliseconds() })
}

func (r *Reader) resize(p *page) {
	switch {
	case p.samples > manySamples || len(p.increments) > manyIncrements:
		r.page = max(r.page/2, leastPage)
	case p.samples < fewSamples:
		r.page = min(2*r.page, mostPage)
	}
}

// tell reports the progress while the past is read, and when it is.
func (r *Reader) tell(now int64) {
	goal := r.goal(now)
	caughtUp := goal-r.at.read < behind.Milliseconds() && (!r.set.HistoryOnly || r.at.ended(r.set))
	at := r.set.Clock()
	if caughtUp == r.pastRead && (caughtUp || at.Sub(r.told) < progressEvery) {
		return
	}
	r.set.Progress(Progress{
		Through: time.UnixMilli(r.at.read), Goal: time.UnixMilli(goal), Series: len(r.counters), Events: r.events, CaughtUp: caughtUp,
	})
	r.pastRead, r.told, r.events = caughtUp, at, 0
}
