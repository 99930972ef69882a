// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// What events have in common is kept by hour, a day in one value, so that names are
// written once a day. A value that is damaged loses no count: the events of its day
// are then such as nothing is known of.

func dayOf(hour slo.Minute) slo.Minute { return hour - hour%dayMinutes }

// Attribution makes a folder a block.AttributionSink.
func (f *folder) Attribution(a budget.Attribution) {
	day := dayOf(a.Hour)
	t := f.causes[day]
	if t == nil {
		t = &block.Attributions{}
		f.causes[day] = t
	}
	t.Attribution(a)
}

// foldCauses merges what the batches say with what was folded before.
func (s *Store) foldCauses(ctx context.Context, f *folder, w *changes, next *manifest) error {
	for _, day := range slices.Sorted(maps.Keys(f.causes)) {
		raw, err := s.get(ctx, causesKey(day))
		if err == nil {
			err = block.ReadAttributions(raw, f.causes[day])
		}
		if err != nil && !errors.Is(err, errMissing) {
			return fmt.Errorf("fold the causes of %s: %w", day.Time().Format(time.DateOnly), err)
		}
		w.set(causesKey(day), f.causes[day].Append(nil))
		next.addDay(day)
	}
	return nil
}

// loadCauses gives what the folded days say to a sink that wants to know.
func (s *Store) loadCauses(ctx context.Context, to block.AttributionSink) error {
	for _, day := range s.manifest.Days {
		raw, err := s.locked(func() ([]byte, error) { return s.get(ctx, causesKey(day)) })
		if err == nil {
			err = block.ReadAttributions(raw, to)
		}
		if err != nil {
			return fmt.Errorf("load the causes of %s: %w", day.Time().Format(time.DateOnly), err)
		}
	}
	return nil
}

// Attribution leaves out the hours of which counts were lost.
func (f *filter) Attribution(a budget.Attribution) {
	if to, ok := f.Sink.(block.AttributionSink); ok && !f.hollow(a.Hour) {
		to.Attribution(a)
	}
}

// retainCauses deletes the days that end before a minute.
func (m *manifest) retainCauses(before slo.Minute, w *changes) {
	m.Days = slices.DeleteFunc(m.Days, func(day slo.Minute) bool {
		old := day+dayMinutes <= before
		if old {
			w.delete(causesKey(day))
		}
		return old
	})
}
