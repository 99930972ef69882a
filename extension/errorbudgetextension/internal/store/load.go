// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Sink takes what a store holds.
type Sink interface {
	Strip(budget.Strip)
	Sight(budget.Sight)
	Heartbeat(budget.Heartbeat)
	Durable(time.Time)
}

// Load gives all that the store holds to a sink: the folded hours in ascending
// order, then the batches behind them. The sink may not use the Store.
func (s *Store) Load(ctx context.Context, to Sink) error {
	s.load(true)
	defer s.load(false)
	raw, err := s.locked(func() ([]byte, error) { return s.getOf(ctx, sightsKeys) })
	if err == nil {
		err = block.ReadSights(raw, to.Sight)
	}
	if err != nil && !errors.Is(err, errMissing) {
		return fmt.Errorf("load the sights: %w", err)
	}
	measured := &filter{Sink: to, hole: s.manifest.inHole, hollow: s.manifest.hollow, heard: &s.heard}
	for _, hour := range s.manifest.Hours {
		raw, err := s.locked(func() ([]byte, error) { return s.get(ctx, hourKey(hour)) })
		if err == nil {
			err = block.Read(raw, measured)
		}
		if err != nil {
			return fmt.Errorf("load the hour of %s: %w", hour.Time().Format(time.RFC3339), err)
		}
	}
	if err := s.loadCauses(ctx, measured); err != nil {
		return err
	}
	if s.manifest.Folded.Until > 0 {
		to.Durable(time.Unix(0, s.manifest.Folded.Until).UTC())
	}
	for n := s.manifest.Folded.Batch + 1; n <= s.last.Batch; n++ {
		raw, err := s.locked(func() ([]byte, error) { return s.get(ctx, batchKey(n)) })
		if err == nil {
			err = block.ReadBatch(raw, measured)
		}
		if err != nil {
			return fmt.Errorf("load batch %d: %w", n, err)
		}
	}
	return nil
}

// load says whether a Load is under way. Meanwhile nobody changes the manifest:
// commits are the loader's, and Minutes refrains. So the lock is held value by
// value, and whoever asks for Minutes does not wait for all.
func (s *Store) load(begins bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loading = begins
}

func (s *Store) locked(read func() ([]byte, error)) ([]byte, error) {
	s.work.Lock()
	defer s.work.Unlock()
	return read()
}

// filter leaves the heartbeats of minutes out of which counts were lost, and
// notes who was heard of.
type filter struct {
	Sink
	hole   func(slo.Minute) bool
	hollow func(hour slo.Minute) bool
	heard  *heard
}

func (f *filter) Strip(s budget.Strip) {
	f.heard.Strip(s)
	f.Sink.Strip(s)
}

func (f *filter) Heartbeat(h budget.Heartbeat) {
	f.heard.Heartbeat(h)
	if !f.hole(h.Minute) {
		f.Sink.Heartbeat(h)
	}
}

func (s *Store) readManifest(ctx context.Context) error {
	raw, err := s.getOf(ctx, manifestKeys)
	if err != nil {
		if errors.Is(err, errMissing) {
			return nil
		}
		return fmt.Errorf("read the manifest: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return fmt.Errorf("read the manifest: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.manifest = &m
	return nil
}
