// SPDX-License-Identifier: Apache-2.0

package maintenance

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sloe-dev/sloe/internal/auditlog"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Events of the audit log that are about exclusions.
const (
	eventAdded   = "exclusion_added"
	eventEnded   = "exclusion_ended"
	eventRemoved = "exclusion_removed"
)

// ErrInvalid wraps what is wrong with a request.
var ErrInvalid = errors.New("the exclusion is not valid")

// ErrUnknown: no exclusion of that id was added.
var ErrUnknown = errors.New("no exclusion of that id was added; GET /v1/exclusions?past=true lists those that were. What the file lists is changed there")

// Log is what a Book needs of an auditlog.Log.
type Log interface {
	Append(now time.Time, event, actor string, data any) (auditlog.Record, error)
}

// Book holds the exclusions that people added while the collector ran. They are
// single ones: what comes again belongs into the file. One that is over stays, as
// its minutes do not count while a window reaches them. Its methods may be called
// from any goroutine.
type Book struct {
	log   Log
	clock func() time.Time

	turn sync.Mutex // one change at a time, over the write to disk

	mu   sync.RWMutex // guards what follows
	held map[string]budgetapi.ExclusionEntry
}

// changed is what the log says of an exclusion that was removed or ended early.
type changed struct {
	ID              string     `json:"id"`
	End             *time.Time `json:"end,omitempty"`
	Reason          string     `json:"reason,omitempty"`
	AuthenticatedAs string     `json:"authenticated_as,omitempty"`
}

// NewBook returns what the records of a log, in order, say was added.
func NewBook(log Log, records []auditlog.Record, clock func() time.Time) (*Book, error) {
	b := &Book{log: log, clock: clock, held: map[string]budgetapi.ExclusionEntry{}}
	for _, r := range records {
		var err error
		switch r.Event {
		case eventAdded:
			var e budgetapi.ExclusionEntry
			err = json.Unmarshal(r.Data, &e)
			b.held[e.ID] = e
		case eventEnded:
			var c changed
			if err = json.Unmarshal(r.Data, &c); err == nil && c.End != nil {
				e := b.held[c.ID]
				e.End = *c.End
				b.held[c.ID] = e
			}
		case eventRemoved:
			var c changed
			err = json.Unmarshal(r.Data, &c)
			delete(b.held, c.ID)
		}
		if err != nil {
			return nil, fmt.Errorf("read the exclusions of the audit log: record %d: %w", r.Seq, err)
		}
	}
	b.forget()
	return b, nil
}

// Add adds an exclusion. It is in the log, on disk, before it is in force.
func (b *Book) Add(r budgetapi.ExclusionRequest, authenticatedAs string) (budgetapi.ExclusionEntry, error) {
	b.turn.Lock()
	defer b.turn.Unlock()
	now := b.clock().UTC()
	if r.Start.IsZero() {
		r.Start = now
	}
	if err := validate(r, now); err != nil {
		return budgetapi.ExclusionEntry{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	b.forget()
	if len(b.Entries()) >= maxHeld {
		return budgetapi.ExclusionEntry{}, fmt.Errorf("%w: %d were added, and no more are kept; remove some, or list them in the file", ErrInvalid, maxHeld)
	}
	e := budgetapi.ExclusionEntry{
		ID: rand.Text(), Actor: r.Actor, AuthenticatedAs: authenticatedAs, Reason: r.Reason, Ticket: r.Ticket,
		Services: r.Services, Start: r.Start.UTC(), End: r.End.UTC(), AddedAt: now,
	}
	if _, err := b.log.Append(now, eventAdded, r.Actor, e); err != nil {
		return budgetapi.ExclusionEntry{}, err
	}
	b.put(e)
	return e, nil
}

// Remove takes an exclusion back: its minutes count again.
func (b *Book) Remove(id, actor, reason, authenticatedAs string) (budgetapi.ExclusionEntry, error) {
	return b.change(id, actor, reason, func(now time.Time, e budgetapi.ExclusionEntry) (budgetapi.ExclusionEntry, error) {
		if _, err := b.log.Append(now, eventRemoved, actor, changed{ID: id, Reason: reason, AuthenticatedAs: authenticatedAs}); err != nil {
			return e, err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.held, id)
		return e, nil
	})
}

// End ends an exclusion that is in force now: minutes count again from the next
// one on.
func (b *Book) End(id, actor, reason, authenticatedAs string) (budgetapi.ExclusionEntry, error) {
	return b.change(id, actor, reason, func(now time.Time, e budgetapi.ExclusionEntry) (budgetapi.ExclusionEntry, error) {
		if e.Start.After(now) || !e.End.After(now) {
			return e, fmt.Errorf("%w: it is not in force now, so it cannot be ended; remove it", ErrInvalid)
		}
		e.End = now
		if _, err := b.log.Append(now, eventEnded, actor, changed{ID: id, End: &now, Reason: reason, AuthenticatedAs: authenticatedAs}); err != nil {
			return e, err
		}
		b.put(e)
		return e, nil
	})
}

func (b *Book) change(id, actor, reason string, apply func(time.Time, budgetapi.ExclusionEntry) (budgetapi.ExclusionEntry, error)) (budgetapi.ExclusionEntry, error) {
	b.turn.Lock()
	defer b.turn.Unlock()
	b.mu.RLock()
	e, known := b.held[id]
	b.mu.RUnlock()
	if !known {
		return budgetapi.ExclusionEntry{}, ErrUnknown
	}
	if actor == "" || len(actor) > maxName || len(reason) > maxReason {
		return budgetapi.ExclusionEntry{}, fmt.Errorf(`%w: "actor" must be given, with at most %d bytes, and "reason" has at most %d`, ErrInvalid, maxName, maxReason)
	}
	return apply(b.clock().UTC(), e)
}

func (b *Book) put(e budgetapi.ExclusionEntry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held[e.ID] = e
}

// forget drops exclusions that no window reaches any more.
func (b *Book) forget() {
	before := b.clock().Add(-slo.MaxWindow - 24*time.Hour)
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.held, func(_ string, e budgetapi.ExclusionEntry) bool { return e.End.Before(before) })
}

// Entries returns what was added, the oldest start first.
func (b *Book) Entries() []budgetapi.ExclusionEntry {
	b.mu.RLock()
	all := slices.Collect(maps.Values(b.held))
	b.mu.RUnlock()
	slices.SortFunc(all, func(x, y budgetapi.ExclusionEntry) int {
		return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.ID, y.ID))
	})
	return all
}

// Plan returns what was added as a plan.
func (b *Book) Plan() *Plan {
	p := &Plan{}
	for _, e := range b.Entries() {
		p.entries = append(p.entries, entry{name: e.Reason, services: e.Services, start: e.Start, length: e.End.Sub(e.Start), added: &e})
	}
	return p
}
