// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Sink takes what a store holds.
type Sink interface {
	Stretch(budget.Stretch)
	Sight(budget.Sight)
	Heartbeat(budget.Heartbeat)
	Durable(time.Time)
}

// Load gives all that the store holds to a sink: the folded hours in ascending
// order, then the batches behind them.
func (s *Store) Load(ctx context.Context, to Sink) error {
	raw, err := s.getOf(ctx, sightsKeys)
	if err == nil {
		err = block.ReadSights(raw, to.Sight)
	}
	if err != nil && !errors.Is(err, errMissing) {
		return fmt.Errorf("load the sights: %w", err)
	}
	return s.LoadRange(ctx, math.MinInt64, math.MaxInt64, to)
}

// LoadRange gives the hours that hold any of the minutes [from, to), and all
// batches behind them, to a sink: to whoever asks for the past of a window.
func (s *Store) LoadRange(ctx context.Context, from, to slo.Minute, sink Sink) error {
	measured := &filter{Sink: sink, hole: s.manifest.inHole, heard: &s.heard}
	for _, hour := range s.manifest.Hours {
		if hour+block.MaxWidth <= from || hour >= to {
			continue
		}
		raw, err := s.get(ctx, hourKey(hour))
		if err == nil {
			err = block.Read(raw, measured)
		}
		if err != nil {
			return fmt.Errorf("load the hour of %s: %w", hour.Time().Format(time.RFC3339), err)
		}
	}
	if s.manifest.Folded.Until > 0 {
		sink.Durable(time.Unix(0, s.manifest.Folded.Until).UTC())
	}
	for n := s.manifest.Folded.Batch + 1; n <= s.last.Batch; n++ {
		raw, err := s.get(ctx, batchKey(n))
		if err == nil {
			err = block.ReadBatch(raw, measured)
		}
		if err != nil {
			return fmt.Errorf("load batch %d: %w", n, err)
		}
	}
	return nil
}

// filter leaves the heartbeats of minutes out of which counts were lost, and
// notes who was heard of.
type filter struct {
	Sink
	hole  func(slo.Minute) bool
	heard *heard
}

func (f *filter) Stretch(s budget.Stretch) {
	f.heard.Stretch(s)
	f.Sink.Stretch(s)
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
	s.manifest = &m
	return nil
}
