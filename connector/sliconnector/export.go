// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/ledger"
	"github.com/sloe-dev/sloe/connector/sliconnector/internal/metadata"
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// exportLoop exports sli.events at every interval until the context ends. An
// export that fails loses nothing: the counts are cumulative.
func (c *counter) exportLoop(ctx context.Context) {
	ticker := time.NewTicker(c.cfg.MetricsFlushInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if _, err := c.export(ctx); err != nil && ctx.Err() == nil {
				c.logger.Warn("sli.events were not taken; the next export holds them too", zap.Error(err))
			}
		}
	}
}

// exportAll exports once, and once more if series were new: their first export
// is zero.
func (c *counter) exportAll(ctx context.Context) error {
	first, err := c.export(ctx)
	if err == nil && first {
		_, err = c.export(ctx)
	}
	return err
}

// export sends the cumulative counts. It returns whether series were exported
// for the first time, as zeros. One goroutine at a time.
func (c *counter) export(ctx context.Context) (first bool, err error) {
	// A back-end that keeps milliseconds would take two exports within one for
	// the same sample.
	c.lastExport = max(pcommon.NewTimestampFromTime(time.Now()), c.lastExport+pcommon.Timestamp(time.Millisecond))
	md := pmetric.NewMetrics()
	exported := c.ledger.Collect(func(s slo.Service, totals []ledger.Total) {
		c.appendService(md, s, totals)
	})
	if md.ResourceMetrics().Len() == 0 {
		return false, nil
	}
	if err := c.next.ConsumeMetrics(ctx, md); err != nil {
		return false, err
	}
	return exported.Confirm(), nil
}

// appendService adds one resource: the service, and the collector that counted
// it. Resource, start time and attributes of a data point are what a gateway
// needs to tell writers and their restarts apart.
func (c *counter) appendService(md pmetric.Metrics, s slo.Service, totals []ledger.Total) {
	rm := md.ResourceMetrics().AppendEmpty()
	putService(rm.Resource().Attributes(), s)
	rm.Resource().Attributes().PutStr(semconv.ServiceInstanceID, c.writer.Instance)

	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName(metadata.ScopeName)
	events := appendSum(sm, semconv.SLIEvents, "Events of service level indicators, good and bad")
	uncertain := appendSum(sm, semconv.SLIUncertain, "Events of service level indicators that could not be judged")
	for _, t := range totals {
		c.appendPoint(events, s, t.SLI, t.Good).PutStr(semconv.SLIOutcome, semconv.OutcomeGood)
		c.appendPoint(events, s, t.SLI, t.Bad).PutStr(semconv.SLIOutcome, semconv.OutcomeBad)
		c.appendPoint(uncertain, s, t.SLI, t.Uncertain)
	}
}

func appendSum(sm pmetric.ScopeMetrics, name, description string) pmetric.Sum {
	m := sm.Metrics().AppendEmpty()
	m.SetName(name)
	m.SetDescription(description)
	m.SetUnit("{event}")
	sum := m.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	return sum
}

// appendPoint returns the attributes of the data point, for more of them.
func (c *counter) appendPoint(sum pmetric.Sum, s slo.Service, sli string, n uint64) pcommon.Map {
	p := sum.DataPoints().AppendEmpty()
	p.SetStartTimestamp(pcommon.Timestamp(c.writer.StartUnixNano))
	p.SetTimestamp(c.lastExport)
	p.SetIntValue(int64(n))
	putService(p.Attributes(), s)
	p.Attributes().PutStr(semconv.SLIName, sli)
	return p.Attributes()
}
