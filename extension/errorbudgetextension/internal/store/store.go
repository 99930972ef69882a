// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Store is an open store. Minutes may be asked for at any time, from any
// goroutine; everything else by one goroutine at a time.
type Store struct {
	// work is held by whoever reads or writes the values, for as long as a disk takes.
	// It guards what follows.
	work   sync.Mutex
	values Values
	// unsure: a write failed, and may have happened all the same.
	unsure bool
	// unfolded is how many increments the batches hold that are not folded yet.
	unfolded int
	heard    heard
	damage   []Damage

	// mu is held shortly, within work or alone, never around it. It guards what
	// follows, which is changed by whoever holds work too, and may be read by them
	// without it.
	mu       sync.Mutex
	manifest *manifest
	last     progress
	// earliest is the first minute that batches hold counts of which are not folded yet.
	earliest slo.Minute
	// loading: a Load is under way, which a fold would confuse.
	loading bool
	opened  map[slo.Minute]*openHour // hours that were asked for lately
}

// heard is when a service and a writer were last heard of.
type heard struct {
	services map[slo.Service]slo.Minute
	writers  map[string]slo.Minute
}

// LastBatch returns the number of the last batch that was committed, 0 before
// the first.
func (s *Store) LastBatch() uint64 { return s.last.Batch }

// Commit makes a batch durable, in one write. Number follows that of the batch
// before. After an error the same batch is given again with the same number: if
// it turns out to have been committed, it is not written twice.
func (s *Store) Commit(ctx context.Context, number uint64, b *budget.Batch) error {
	s.work.Lock()
	defer s.work.Unlock()
	if s.unsure {
		if err := s.readProgress(ctx); err != nil {
			return fmt.Errorf("read the progress: %w", err)
		}
		s.unsure = false
	}
	if number <= s.last.Batch {
		return nil
	}
	now := progress{Batch: number, Until: max(b.Until.UnixNano(), s.last.Until)}
	w := &changes{}
	w.set(batchKey(number), block.AppendBatch(nil, b))
	w.setJSON(progressKey, now)
	if b.Cursor != nil {
		w.set(cursorKey, b.Cursor)
	}
	if err := w.write(ctx, s.values); err != nil {
		s.unsure = true
		return fmt.Errorf("commit: %w", err)
	}
	s.unfolded += len(b.Increments) + len(b.Heartbeats) + len(b.Attributions)
	s.heard.batch(b)
	s.committed(now, b)
	if m, ok := s.values.(medium); ok {
		return m.Mark(now)
	}
	return nil
}

func (s *Store) committed(now progress, b *budget.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = now
	for _, i := range b.Increments {
		s.earliest = min(s.earliest, i.Minute)
	}
}

// Close gives the store up. Whatever Commit confirmed is safe without it.
func (s *Store) Close() error {
	if err := s.values.Close(context.Background()); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// Cursor returns that of the last batch that had one, nil if none had.
func (s *Store) Cursor(ctx context.Context) ([]byte, error) {
	s.work.Lock()
	defer s.work.Unlock()
	raw, err := s.get(ctx, cursorKey)
	if errors.Is(err, errMissing) {
		return nil, nil
	}
	return raw, err
}

var errMissing = errors.New("it is missing")

// get returns what was set under a key.
func (s *Store) get(ctx context.Context, key string) ([]byte, error) {
	sealed, err := s.values.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		return nil, errMissing
	}
	return block.Unseal(key, sealed)
}

// getOf returns the first sound value of several copies.
func (s *Store) getOf(ctx context.Context, copies [2]string) ([]byte, error) {
	raw, err := s.get(ctx, copies[0])
	if err == nil {
		return raw, nil
	}
	raw, other := s.get(ctx, copies[1])
	if other == nil {
		return raw, nil
	}
	if errors.Is(err, errMissing) {
		return nil, other
	}
	return nil, err
}

func (s *Store) readProgress(ctx context.Context) error {
	raw, err := s.get(ctx, progressKey)
	if errors.Is(err, errMissing) && s.last.Batch == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return json.Unmarshal(raw, &s.last)
}

func (h *heard) of(service slo.Service, minute slo.Minute) {
	h.services[service] = max(h.services[service], minute)
}

func (h *heard) batch(b *budget.Batch) {
	for _, i := range b.Increments {
		h.of(i.Series.Key.Service, i.Minute)
	}
	for _, beat := range b.Heartbeats {
		h.Heartbeat(beat)
	}
}

// Strip and Heartbeat make heard a block.Sink.
func (h *heard) Strip(s budget.Strip) { h.of(s.Series.Key.Service, s.Last) }

func (h *heard) Heartbeat(b budget.Heartbeat) {
	h.writers[b.Instance] = max(h.writers[b.Instance], b.Minute)
}
