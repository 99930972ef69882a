// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// maxOpened bounds the hours that are held open: the edges of windows of six
// lengths, of two hours each, and some more.
const maxOpened = 16

var errLoading = errors.New("the store is being loaded")

// Minutes gives back the minutes of a series in [from, to) that hold counts. It
// waits for a commit that is on its way. Whoever asks for one series asks for the
// others too, so the hours stay open for a while.
func (s *Store) Minutes(series budget.SeriesID, from, to slo.Minute, visit func(slo.Minute, budget.Counts)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx := context.Background()
	if s.last.Batch > s.manifest.Folded.Batch && s.earliest < to {
		if s.loading {
			return errLoading
		}
		if err := s.fold(ctx); err != nil {
			return fmt.Errorf("read minutes of %s of %s: %w", series.Key.SLI, series.Key.Service, err)
		}
	}
	for _, hour := range s.manifest.Hours {
		if hour+block.MaxWidth <= from || hour >= to {
			continue
		}
		o, err := s.openHour(ctx, hour)
		if err == nil {
			err = o.Minutes(series, from, to, visit)
		}
		if err != nil {
			return fmt.Errorf("read the hour of %s: %w", hour.Time().Format(time.RFC3339), err)
		}
	}
	return nil
}

func (s *Store) openHour(ctx context.Context, hour slo.Minute) (*block.Hour, error) {
	if o, ok := s.opened[hour]; ok {
		o.used = true
		return o.Hour, nil
	}
	raw, err := s.get(ctx, hourKey(hour))
	if err != nil {
		return nil, err
	}
	o, err := block.OpenHour(raw)
	if err != nil {
		return nil, err
	}
	if len(s.opened) >= maxOpened {
		clear(s.opened)
	}
	s.opened[hour] = &openHour{Hour: o, used: true}
	return o, nil
}

// openHour is an hour that was asked for. With a fleet in it it takes megabytes.
type openHour struct {
	*block.Hour
	used bool // since the last fold
}

// forgetHours closes hours that changed, and those that nobody asked for since
// the last fold.
func (s *Store) forgetHours(changed func(slo.Minute) bool) {
	for hour, o := range s.opened {
		if !o.used || changed(hour) {
			delete(s.opened, hour)
		}
		o.used = false
	}
}

var _ budget.Archive = (*Store)(nil)
