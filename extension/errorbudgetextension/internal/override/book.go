// SPDX-License-Identifier: Apache-2.0

package override

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

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/auditlog"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Events of the audit log that are about overrides.
const (
	eventSet     = "override_set"
	eventCleared = "override_cleared"
	eventExpired = "override_expired"
)

// ErrInvalid wraps what is wrong with a request.
var ErrInvalid = errors.New("the override is not valid")

// ErrUnknown: no override of that id is in force.
var ErrUnknown = errors.New("no override of that id is in force; GET /v1/overrides lists those that are")

// Log is what a Book needs of an auditlog.Log.
type Log interface {
	Append(now time.Time, event, actor string, data any) (auditlog.Record, error)
}

// Book holds the overrides in force. Its methods may be called from any
// goroutine.
type Book struct {
	log   Log
	clock func() time.Time

	turn sync.Mutex // one change at a time, over the write to disk

	mu        sync.RWMutex // guards what follows
	inForce   map[string]budgetapi.OverrideEntry
	byService map[string][]budgetapi.OverrideEntry
}

// ended is what the log says of an override that was cleared or expired.
type ended struct {
	ID              string `json:"id"`
	Service         string `json:"service"`
	Reason          string `json:"reason,omitempty"`
	AuthenticatedAs string `json:"authenticated_as,omitempty"`
}

// NewBook returns what the records of a log, in order, say is in force.
func NewBook(log Log, records []auditlog.Record, clock func() time.Time) (*Book, error) {
	b := &Book{log: log, clock: clock, inForce: map[string]budgetapi.OverrideEntry{}}
	for _, r := range records {
		switch r.Event {
		case eventSet:
			var e budgetapi.OverrideEntry
			if err := json.Unmarshal(r.Data, &e); err != nil {
				return nil, fmt.Errorf("read the overrides of the audit log: record %d: %w", r.Seq, err)
			}
			b.inForce[e.ID] = e
		case eventCleared, eventExpired:
			var e ended
			if err := json.Unmarshal(r.Data, &e); err != nil {
				return nil, fmt.Errorf("read the overrides of the audit log: record %d: %w", r.Seq, err)
			}
			delete(b.inForce, e.ID)
		}
	}
	b.index()
	return b, nil
}

// Set puts an override in force. It is in the log, on disk, before it is.
func (b *Book) Set(r budgetapi.OverrideRequest, authenticatedAs string) (budgetapi.OverrideEntry, error) {
	b.turn.Lock()
	defer b.turn.Unlock()
	now := b.clock().UTC()
	if err := validate(r, now); err != nil {
		return budgetapi.OverrideEntry{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(b.InForce()) >= maxInForce {
		return budgetapi.OverrideEntry{}, fmt.Errorf("%w: %d are in force, and no more are kept; clear some", ErrInvalid, maxInForce)
	}
	e := budgetapi.OverrideEntry{
		ID: rand.Text(), Actor: r.Actor, AuthenticatedAs: authenticatedAs, Reason: r.Reason, Ticket: r.Ticket,
		Service: r.Service, Namespace: r.Namespace, Environment: r.Environment, Allow: *r.Allow, From: now, Until: r.Until.UTC(),
	}
	if _, err := b.log.Append(now, eventSet, r.Actor, e); err != nil {
		return budgetapi.OverrideEntry{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inForce[e.ID] = e
	b.index()
	return e, nil
}

// Clear ends an override before its time.
func (b *Book) Clear(id, actor, reason, authenticatedAs string) (budgetapi.OverrideEntry, error) {
	b.turn.Lock()
	defer b.turn.Unlock()
	now := b.clock().UTC()
	b.mu.RLock()
	e, known := b.inForce[id]
	b.mu.RUnlock()
	if !known || !e.Until.After(now) {
		return budgetapi.OverrideEntry{}, ErrUnknown
	}
	if actor == "" || len(actor) > maxName || len(reason) > maxReason {
		return budgetapi.OverrideEntry{}, fmt.Errorf(`%w: "actor" must be given, with at most %d bytes, and "reason" has at most %d`, ErrInvalid, maxName, maxReason)
	}
	return e, b.end(now, e, eventCleared, actor, ended{ID: id, Service: e.Service, Reason: reason, AuthenticatedAs: authenticatedAs})
}

// Expire writes down which overrides ended by themselves. They are out of force
// from the very instant on, whether it is called or not.
func (b *Book) Expire() error {
	b.turn.Lock()
	defer b.turn.Unlock()
	now := b.clock().UTC()
	b.mu.RLock()
	all := slices.Collect(maps.Values(b.inForce))
	b.mu.RUnlock()
	slices.SortFunc(all, newestFirst)
	var errs error
	for _, e := range all {
		if !e.Until.After(now) {
			errs = errors.Join(errs, b.end(now, e, eventExpired, "the collector", ended{ID: e.ID, Service: e.Service}))
		}
	}
	return errs
}

func (b *Book) end(now time.Time, e budgetapi.OverrideEntry, event, actor string, data ended) error {
	if _, err := b.log.Append(now, event, actor, data); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.inForce, e.ID)
	b.index()
	return nil
}

// InForce returns the overrides in force, the newest first.
func (b *Book) InForce() []budgetapi.OverrideEntry {
	now := b.clock()
	b.mu.RLock()
	defer b.mu.RUnlock()
	all := []budgetapi.OverrideEntry{}
	for _, e := range b.inForce {
		if e.Until.After(now) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, newestFirst)
	return all
}

// For returns the override in force for a service, nil if there is none. Of
// several, one that refuses wins, then the newest.
func (b *Book) For(service slo.Service, now time.Time) *policy.Override {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var found *budgetapi.OverrideEntry
	for i, e := range b.byService[service.Name] {
		fits := e.Until.After(now) && (e.Namespace == nil || *e.Namespace == service.Namespace) &&
			(e.Environment == nil || *e.Environment == service.Environment)
		if fits && (found == nil || found.Allow && !e.Allow) {
			found = &b.byService[service.Name][i]
		}
	}
	if found == nil {
		return nil
	}
	return &policy.Override{ID: found.ID, Actor: found.Actor, Reason: found.Reason, Ticket: found.Ticket, Allow: found.Allow, From: found.From, Until: found.Until}
}

// index makes byService anew, the newest first. The lock is held.
func (b *Book) index() {
	b.byService = map[string][]budgetapi.OverrideEntry{}
	for _, e := range b.inForce {
		b.byService[e.Service] = append(b.byService[e.Service], e)
	}
	for _, same := range b.byService {
		slices.SortFunc(same, newestFirst)
	}
}

func newestFirst(a, b budgetapi.OverrideEntry) int {
	return cmp.Or(b.From.Compare(a.From), cmp.Compare(a.ID, b.ID))
}
