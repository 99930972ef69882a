// SPDX-License-Identifier: Apache-2.0

package churn

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// outcome holds a service's events of http_availability.
type outcome struct{ good, bad uint64 }

// series is one of http_availability of one life of the pipelines: each reload
// begins it anew, with a start time of its own.
type series struct {
	service, outcome string
	start            pcommon.Timestamp
}

// sink takes all metrics that are exported, and remembers how far each series of
// events got.
type sink struct {
	*httptest.Server
	mu   sync.Mutex
	last map[series]uint64
}

func startSink(t *testing.T) *sink {
	s := &sink{last: map[series]uint64{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		request := pmetricotlp.NewExportRequest()
		if !assert.NoError(t, request.UnmarshalProto(body)) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.take(request.Metrics())
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) take(md pmetric.Metrics) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if m.Name() != semconv.SLIEvents {
					continue
				}
				for _, dp := range m.Sum().DataPoints().All() {
					if text(dp.Attributes(), semconv.SLIName) == slo.HTTPAvailability {
						key := series{text(dp.Attributes(), semconv.ServiceName), text(dp.Attributes(), semconv.SLIOutcome), dp.StartTimestamp()}
						s.last[key] = max(s.last[key], uint64(dp.IntValue()))
					}
				}
			}
		}
	}
}

// events adds up what a collector counted over all of its reloads.
func (s *sink) events() map[string]outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]outcome{}
	for of, n := range s.last {
		o := out[of.service]
		if of.outcome == "good" {
			o.good += n
		} else {
			o.bad += n
		}
		out[of.service] = o
	}
	return out
}

func text(m pcommon.Map, key string) string {
	v, _ := m.Get(key)
	return v.AsString()
}
