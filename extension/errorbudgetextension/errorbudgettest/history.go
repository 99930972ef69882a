// SPDX-License-Identifier: Apache-2.0

// Package errorbudgettest helps programs that measure or test the extension from
// outside.
package errorbudgettest // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/errorbudgettest"

import (
	"context"
	"errors"
	"fmt"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Series is one series of counts with a past.
type Series struct {
	Key        slo.Key
	Definition slo.Definition
	// From is its first minute.
	From slo.Minute
}

// History is what a collector counted before, made up.
type History struct {
	Series []Series
	// Instance of the writer that counted, and measured every minute of [From, To).
	Instance string
	From, To slo.Minute
	// Counts says what a minute of a series held.
	Counts func(series int, minute slo.Minute) (good, bad uint64)
}

// Write makes a new store of it in a directory, hour by hour, as if a collector
// had counted it and was stopped.
func (h History) Write(ctx context.Context, directory string) (errs error) {
	s, err := store.Open(ctx, directory)
	if err != nil {
		return err
	}
	defer func() { errs = errors.Join(errs, s.Close()) }()
	for hour := block.HourOf(h.From); hour < h.To; hour += block.MaxWidth {
		b := h.hour(hour)
		if err := s.Commit(ctx, s.LastBatch()+1, b); err != nil {
			return fmt.Errorf("write the history: %w", err)
		}
		if err := s.Fold(ctx); err != nil {
			return fmt.Errorf("write the history: %w", err)
		}
	}
	return nil
}

// hour is what an hour adds.
func (h History) hour(hour slo.Minute) *budget.Batch {
	from, to := max(hour, h.From), min(hour+block.MaxWidth, h.To)
	b := &budget.Batch{Until: to.Time()}
	for i, s := range h.Series {
		if s.From >= from && s.From < to {
			b.Sights = append(b.Sights, budget.Sight{Service: s.Key.Service, Instance: h.Instance, Minute: s.From})
		}
		for minute := max(from, s.From); minute < to; minute++ {
			good, bad := h.Counts(i, minute)
			b.Increments = append(b.Increments, budget.Increment{
				Series: budget.SeriesID{Key: s.Key, Definition: s.Definition}, Minute: minute, Counts: budget.Counts{Good: good, Bad: bad},
			})
		}
	}
	for minute := from; minute < to; minute++ {
		b.Heartbeats = append(b.Heartbeats, budget.Heartbeat{Instance: h.Instance, Minute: minute})
	}
	return b
}
