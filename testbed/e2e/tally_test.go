// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// tally is what came out of an ended collector for one service.
type tally struct {
	// Spans by kind and status class; aborted ones by outcome.
	Spans map[string]uint64
	// Unspanned in the same way.
	Unspanned map[string]uint64
	// Histogram counts by metric name and class of the status.
	Histogram map[string]uint64
	// SLI counts by indicator and outcome, such as "http_latency bad".
	SLI map[string]uint64
}

func newTally() *tally {
	return &tally{Spans: map[string]uint64{}, Unspanned: map[string]uint64{}, Histogram: map[string]uint64{}, SLI: map[string]uint64{}}
}

// total sums spans and unspanned under a key such as "server 2xx".
func (y *tally) total(key string) uint64 { return y.Spans[key] + y.Unspanned[key] }

// server sums all server spans and unspanned server exchanges.
func (y *tally) server() uint64 { return y.spans() + y.unspanned() }

// spans sums the server spans.
func (y *tally) spans() uint64 { return sumOfServer(y.Spans) }

// unspanned sums the server exchanges that became no span.
func (y *tally) unspanned() uint64 { return sumOfServer(y.Unspanned) }

func sumOfServer(counts map[string]uint64) uint64 {
	var n uint64
	for key, c := range counts {
		if strings.HasPrefix(key, semconv.KindServer) {
			n += c
		}
	}
	return n
}

// tallies reads the files of an ended collector, by service name.
func (b *bed) tallies(t testing.TB) map[string]*tally {
	t.Helper()
	out := map[string]*tally{}
	of := func(attributes pcommon.Map) *tally {
		name := str(attributes, semconv.ServiceName)
		if out[name] == nil {
			out[name] = newTally()
		}
		return out[name]
	}
	for _, td := range b.Traces(t, "spans.json") {
		for _, rs := range td.ResourceSpans().All() {
			y := of(rs.Resource().Attributes())
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					y.Spans[spanKey(s)]++
				}
			}
		}
	}
	last := map[string]uint64{} // cumulative series by identity
	var owner = map[string]func(uint64){}
	for _, md := range b.Metrics(t, "metrics.json") {
		for _, rm := range md.ResourceMetrics().All() {
			y := of(rm.Resource().Attributes())
			pid, _ := rm.Resource().Attributes().Get(semconv.ProcessPID)
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					if m.Type() != pmetric.MetricTypeHistogram {
						continue
					}
					for _, dp := range m.Histogram().DataPoints().All() {
						if m.Name() == semconv.UnspannedDuration {
							y.Unspanned[pointKey(dp)] += dp.Count()
							continue
						}
						id := fmt.Sprint(pid.AsString(), m.Name(), dp.StartTimestamp(), dp.Attributes().AsRaw())
						key := m.Name() + " " + histogramClass(dp)
						last[id] = dp.Count()
						owner[id] = func(n uint64) { y.Histogram[key] += n }
					}
				}
			}
		}
	}
	for id, n := range last {
		owner[id](n)
	}
	b.addSLI(t, of)
	return out
}

// addSLI takes the last value of each cumulative series.
func (b *bed) addSLI(t testing.TB, of func(pcommon.Map) *tally) {
	for _, md := range b.Metrics(t, "sli.json") {
		for _, rm := range md.ResourceMetrics().All() {
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					if m.Name() != semconv.SLIEvents {
						continue
					}
					for _, dp := range m.Sum().DataPoints().All() {
						of(dp.Attributes()).SLI[str(dp.Attributes(), semconv.SLIName)+" "+str(dp.Attributes(), semconv.SLIOutcome)] = uint64(dp.IntValue())
					}
				}
			}
		}
	}
}

func str(m pcommon.Map, key string) string {
	v, ok := m.Get(key)
	if !ok {
		return ""
	}
	return v.AsString()
}

func spanKey(s ptrace.Span) string {
	kind := semconv.KindServer
	if s.Kind() == ptrace.SpanKindClient {
		kind = semconv.KindClient
	}
	if o := str(s.Attributes(), semconv.ExchangeOutcome); o != "" {
		return kind + " " + o
	}
	if _, ok := s.Attributes().Get(semconv.DBSystemName); ok && str(s.Attributes(), semconv.StatusClass) == "" {
		if s.Status().Code() == ptrace.StatusCodeError {
			return kind + " " + semconv.StatusClassError
		}
		return kind + " " + semconv.StatusClassOK
	}
	if code, ok := s.Attributes().Get(semconv.HTTPResponseStatusCode); ok {
		return fmt.Sprintf("%s %dxx", kind, code.Int()/100)
	}
	if code := str(s.Attributes(), semconv.RPCResponseStatusCode); code != "" {
		return kind + " " + code
	}
	return kind + " " + semconv.StatusClassUnknown
}

func pointKey(dp pmetric.HistogramDataPoint) string {
	kind := str(dp.Attributes(), semconv.Kind)
	if o := str(dp.Attributes(), semconv.ExchangeOutcome); o != "" {
		return kind + " " + o
	}
	return kind + " " + str(dp.Attributes(), semconv.StatusClass)
}

// histogramClass tells failed from other exchanges: a code is not known of those
// that spilled.
func histogramClass(dp pmetric.HistogramDataPoint) string {
	if _, ok := dp.Attributes().Get(semconv.ErrorType); ok {
		return "failed"
	}
	return "fine"
}
