// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Retain deletes the hours that end before a minute, and the sights that are
// older unless service and writer are still heard of. A Load came before, or a
// Commit: they tell who was.
func (s *Store) Retain(ctx context.Context, before slo.Minute) error {
	s.work.Lock()
	defer s.work.Unlock()
	if err := s.fold(ctx); err != nil {
		return err
	}
	w := &changes{}
	next := s.manifest.clone()
	next.Hours = slices.DeleteFunc(next.Hours, func(hour slo.Minute) bool {
		old := hour+block.MaxWidth <= before
		if old {
			w.delete(hourKey(hour))
		}
		return old
	})
	next.retainCauses(before, w)
	if len(next.Hours) == len(s.manifest.Hours) && len(next.Days) == len(s.manifest.Days) {
		return nil
	}
	next.Holes = slices.DeleteFunc(next.Holes, func(h hole) bool { return h.To < before })
	if err := s.retainSights(ctx, before, w); err != nil {
		return fmt.Errorf("delete old sights: %w", err)
	}
	w.setManifest(next)
	if err := w.write(ctx, s.values); err != nil {
		return errors.Join(fmt.Errorf("delete old minutes: %w", err), s.readManifest(ctx))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.manifest = next
	s.forgetHours(func(hour slo.Minute) bool { return hour+block.MaxWidth <= before })
	return nil
}

func (s *Store) retainSights(ctx context.Context, before slo.Minute, w *changes) error {
	raw, err := s.getOf(ctx, sightsKeys)
	if errors.Is(err, errMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	kept := map[serviceWriter]slo.Minute{}
	err = block.ReadSights(raw, func(v budget.Sight) {
		known := s.heard.services[v.Service] >= before && s.heard.writers[v.Instance] >= before
		if v.Minute >= before || known {
			kept[serviceWriter{v.Service, v.Instance}] = v.Minute
		}
	})
	w.setSights(kept)
	return err
}
