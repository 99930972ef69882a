// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// maxOpened bounds the hours that are held open: the edges of windows of six
// lengths, of two hours each, and some more.
const maxOpened = 16

var errLoading = errors.New("the store is being loaded")

// Minutes gives back the minutes of a series in [from, to) that hold counts, of
// all that was committed before. Whoever asks for one series asks for the others
// too, so the hours stay open for a while: then nobody waits for the disk, nor for
// a commit that is on its way.
func (s *Store) Minutes(series budget.SeriesID, from, to slo.Minute, visit func(slo.Minute, budget.Counts)) error {
	if done, err := s.openedMinutes(series, from, to, visit); done || err != nil {
		return err
	}
	s.work.Lock()
	defer s.work.Unlock()
	ctx := context.Background()
	if s.toFold(to) {
		if s.loading {
			return errLoading
		}
		if err := s.fold(ctx); err != nil {
			return fmt.Errorf("read minutes of %s of %s: %w", series.Key.SLI, series.Key.Service, err)
		}
	}
	hours := s.hours(from, to)
	for _, hour := range hours {
		if err := s.openHour(ctx, hour); err != nil {
			return fmt.Errorf("read the hour of %s: %w", hour.Time().Format(time.RFC3339), err)
		}
		if err := s.minutesOf(hour, series, from, to, visit); err != nil {
			return err
		}
	}
	return nil
}

// openedMinutes is Minutes if all that it takes is open.
func (s *Store) openedMinutes(series budget.SeriesID, from, to slo.Minute, visit func(slo.Minute, budget.Counts)) (done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.toFold(to) {
		return false, nil
	}
	hours := s.hours(from, to)
	for _, hour := range hours {
		if s.opened[hour] == nil {
			return false, nil
		}
	}
	for _, hour := range hours {
		if err := s.visitHour(hour, series, from, to, visit); err != nil {
			return true, err
		}
	}
	return true, nil
}

// toFold tells whether batches hold counts of minutes before to. One of the locks held.
func (s *Store) toFold(to slo.Minute) bool {
	return s.last.Batch > s.manifest.Folded.Batch && s.earliest < to
}

// hours are the folded ones that meet [from, to). One of the locks held.
func (s *Store) hours(from, to slo.Minute) []slo.Minute {
	// ascending, as they are kept
	first, _ := slices.BinarySearch(s.manifest.Hours, from-block.MaxWidth+1)
	last, _ := slices.BinarySearch(s.manifest.Hours, to)
	return s.manifest.Hours[first:max(first, last)]
}

func (s *Store) minutesOf(hour slo.Minute, series budget.SeriesID, from, to slo.Minute, visit func(slo.Minute, budget.Counts)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.visitHour(hour, series, from, to, visit)
}

// visitHour reads an hour that is open. Its reader is for one at a time: mu held.
func (s *Store) visitHour(hour slo.Minute, series budget.SeriesID, from, to slo.Minute, visit func(slo.Minute, budget.Counts)) error {
	o := s.opened[hour]
	o.used = true
	if err := o.Minutes(series, from, to, visit); err != nil {
		return fmt.Errorf("read the hour of %s: %w", hour.Time().Format(time.RFC3339), err)
	}
	return nil
}

// openHour opens an hour unless it is. The lock of work held.
func (s *Store) openHour(ctx context.Context, hour slo.Minute) error {
	if s.opened[hour] != nil {
		return nil
	}
	raw, err := s.get(ctx, hourKey(hour))
	if err != nil {
		return err
	}
	o, err := block.OpenHour(raw)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.opened) >= maxOpened {
		clear(s.opened)
	}
	s.opened[hour] = &openHour{Hour: o, used: true}
	return nil
}

// openHour is an hour that was asked for. With a fleet in it it takes megabytes.
type openHour struct {
	*block.Hour
	used bool // since the last fold
}

// forgetHours closes hours that changed, and those that nobody asked for since
// the last fold. mu held.
func (s *Store) forgetHours(changed func(slo.Minute) bool) {
	for hour, o := range s.opened {
		if !o.used || changed(hour) {
			delete(s.opened, hour)
		}
		o.used = false
	}
}

var _ budget.Archive = (*Store)(nil)
