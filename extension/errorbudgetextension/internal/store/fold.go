// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// When batches are folded: after so many, or after so many increments, which
// bounds what a fold takes, and what a start has to fold anew.
const (
	foldBatches    = 240 // two minutes of commits at the default interval
	foldIncrements = 400_000
)

// Fold makes blocks of the batches if there are enough of them. What it changes
// is written in one write: a crash leaves either all batches or all blocks.
func (s *Store) Fold(ctx context.Context) error {
	s.work.Lock()
	defer s.work.Unlock()
	if s.last.Batch-s.manifest.Folded.Batch < foldBatches && s.unfolded < foldIncrements {
		return nil
	}
	return s.fold(ctx)
}

// fold is Fold of what there is. The lock of work held.
func (s *Store) fold(ctx context.Context) error {
	if s.last.Batch == s.manifest.Folded.Batch {
		return nil
	}
	f := &folder{parts: map[slo.Minute]*block.Part{}, causes: map[slo.Minute]*block.Attributions{}, sights: map[serviceWriter]slo.Minute{}, hole: s.manifest.inHole}
	w := &changes{}
	for n := s.manifest.Folded.Batch + 1; n <= s.last.Batch; n++ {
		raw, err := s.get(ctx, batchKey(n))
		if err == nil {
			err = block.ReadBatch(raw, f)
		}
		if err != nil {
			return fmt.Errorf("fold batch %d: %w", n, err)
		}
		w.delete(batchKey(n))
	}
	next := s.manifest.clone()
	next.Folded = s.last
	for _, hour := range slices.Sorted(maps.Keys(f.parts)) {
		raw, err := s.get(ctx, hourKey(hour))
		if err == nil {
			err = block.Read(raw, f)
		}
		if err != nil && !errors.Is(err, errMissing) {
			return fmt.Errorf("fold the hour of %s: %w", hour.Time().Format(time.RFC3339), err)
		}
		w.set(hourKey(hour), f.parts[hour].Append(nil))
		next.addHour(hour)
	}
	if err := s.foldCauses(ctx, f, w, next); err != nil {
		return err
	}
	if err := s.foldSights(ctx, f, w); err != nil {
		return fmt.Errorf("fold the sights: %w", err)
	}
	w.setManifest(next)
	if err := w.write(ctx, s.values); err != nil {
		// It may have happened all the same: then the batches are gone.
		return errors.Join(fmt.Errorf("fold: %w", err), s.readManifest(ctx))
	}
	s.unfolded = 0
	s.mu.Lock()
	defer s.mu.Unlock()
	s.manifest, s.earliest = next, math.MaxInt64
	s.forgetHours(func(hour slo.Minute) bool { return f.parts[hour] != nil })
	return nil
}

// foldSights merges what the batches hold with what was folded before.
func (s *Store) foldSights(ctx context.Context, f *folder, w *changes) error {
	if len(f.sights) == 0 {
		return nil
	}
	raw, err := s.getOf(ctx, sightsKeys)
	if err == nil {
		err = block.ReadSights(raw, f.Sight)
	}
	if err != nil && !errors.Is(err, errMissing) {
		return err
	}
	w.setSights(f.sights)
	return nil
}

type serviceWriter struct {
	service  slo.Service
	instance string
}

// folder is a block.BatchSink that collects by hour.
type folder struct {
	parts  map[slo.Minute]*block.Part
	causes map[slo.Minute]*block.Attributions // by day
	sights map[serviceWriter]slo.Minute
	hole   func(slo.Minute) bool
}

func (f *folder) part(minute slo.Minute) *block.Part {
	hour := block.HourOf(minute)
	p, ok := f.parts[hour]
	if !ok {
		p = block.NewPart(hour, block.MaxWidth)
		f.parts[hour] = p
	}
	return p
}

func (f *folder) Strip(s budget.Strip) { f.part(s.From).Strip(s) }

func (f *folder) Heartbeat(h budget.Heartbeat) {
	if !f.hole(h.Minute) {
		f.part(h.Minute).Heartbeat(h)
	}
}

func (f *folder) Sight(v budget.Sight) {
	key := serviceWriter{v.Service, v.Instance}
	if first, known := f.sights[key]; !known || v.Minute < first {
		f.sights[key] = v.Minute
	}
}

func (f *folder) Durable(time.Time) {}

// setSights writes both copies.
func (c *changes) setSights(sights map[serviceWriter]slo.Minute) {
	all := make([]budget.Sight, 0, len(sights))
	for key, minute := range sights {
		all = append(all, budget.Sight{Service: key.service, Instance: key.instance, Minute: minute})
	}
	raw := block.AppendSights(nil, all)
	for _, key := range sightsKeys {
		c.set(key, raw)
	}
}
