// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"context"
	"fmt"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// The label of the gauge of unanswered requests that tells those which a service
// waits for itself: they say nothing about its own answers.
const (
	kindLabel  = "sloe_kind"
	kindClient = "client"
)

type openKey struct {
	service slo.Service
	writer  string
}

type openNow struct {
	open   uint64
	millis int64
}

// readOpen reads how many requests are unanswered. It is a gauge: the newest sample
// of each series holds, and what is older than the overlap is over.
func (r *Reader) readOpen(ctx context.Context, now int64) error {
	open := map[openKey]openNow{}
	err := r.set.OpenSamples(ctx, now-max(r.set.Overlap, r.set.Interval).Milliseconds(), now, func(s promapi.Series) error {
		l := &r.set.Labels
		key := openKey{service: slo.Service{Name: s.Get(l.Service), Namespace: s.Get(l.Namespace), Environment: s.Get(l.Environment)}, writer: r.writer(s)}
		if len(s.Samples) == 0 || key.service.Name == "" || s.Get(kindLabel) == kindClient {
			return nil
		}
		last := s.Samples[len(s.Samples)-1]
		if !last.Whole || len(open) >= r.set.MaxSeries {
			return nil
		}
		sum := open[key]
		open[key] = openNow{open: sum.open + last.Count, millis: max(sum.millis, last.Millis)}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the requests that are unanswered: %w", err)
	}
	for key, n := range open {
		r.set.Open(key.service, slo.MinuteOf(time.UnixMilli(n.millis)), n.open, slo.Writer{Instance: key.writer})
	}
	return nil
}
