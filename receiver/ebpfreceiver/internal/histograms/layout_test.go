// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// The edges of the conventions, and all of them.
var (
	conventionalHTTP = Edges{5 * ms, 10 * ms, 25 * ms, 50 * ms, 75 * ms, 100 * ms, 250 * ms, 500 * ms, 750 * ms, 1000 * ms, 2500 * ms, 5000 * ms, 7500 * ms, 10000 * ms}
	conventionalDB   = Edges{1 * ms, 5 * ms, 10 * ms, 50 * ms, 100 * ms, 500 * ms, 1000 * ms, 5000 * ms, 10000 * ms}
	conventionalAll  = conventionalHTTP.with(conventionalDB...)
)

func TestNewLayout(t *testing.T) {
	tests := []struct {
		what       string
		thresholds []time.Duration
		limit      int
		added      []time.Duration
		left       []time.Duration
	}{
		{"no thresholds", nil, 31, nil, nil},
		{"one between two", []time.Duration{200 * ms}, 31, []time.Duration{200 * ms}, nil},
		{"one that all have", []time.Duration{500 * ms}, 31, nil, nil},
		{"one that only databases have", []time.Duration{1 * ms}, 31, []time.Duration{1 * ms}, nil},
		{"one that databases have not", []time.Duration{250 * ms}, 31, []time.Duration{250 * ms}, nil},
		{"the same twice", []time.Duration{300 * ms, 300 * ms}, 31, []time.Duration{300 * ms}, nil},
		{"below and above all", []time.Duration{time.Minute, 1}, 31, []time.Duration{1, time.Minute}, nil},
		{"no room for the last", []time.Duration{2 * ms, 3 * ms, 4 * ms}, 17, []time.Duration{2 * ms, 3 * ms}, []time.Duration{4 * ms}},
		{"one that is there needs no room", []time.Duration{2 * ms, 1 * ms, 10 * ms}, 16, []time.Duration{1 * ms, 2 * ms}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			layout, left := NewLayout(tt.thresholds, tt.limit)
			assert.Equal(t, conventionalAll.with(tt.added...), layout.All())
			assert.Equal(t, tt.left, left)
			for metric, edges := range map[string]Edges{
				semconv.HTTPServerRequestDuration: conventionalHTTP, semconv.HTTPClientRequestDuration: conventionalHTTP,
				semconv.RPCServerCallDuration: conventionalHTTP, semconv.RPCClientCallDuration: conventionalHTTP,
				semconv.DBClientOperationDuration: conventionalDB, semconv.DBServerOperationDuration: conventionalDB,
				semconv.ServerQueueDuration: conventionalAll,
			} {
				assert.Equal(t, edges.with(tt.added...), layout.bucketsOf(metric).edges, metric)
			}
		})
	}
}

// TestSpilledFallsWhereRecordsFall: a duration is in the same bucket of a metric whether
// the kernel counted it, at all edges, or the receiver did.
func TestSpilledFallsWhereRecordsFall(t *testing.T) {
	layout, _ := NewLayout([]time.Duration{200 * ms, 2 * time.Second}, 31)
	for _, metric := range []string{semconv.HTTPServerRequestDuration, semconv.RPCClientCallDuration, semconv.DBClientOperationDuration, semconv.ServerQueueDuration} {
		for _, edge := range layout.All() {
			for _, d := range []time.Duration{edge - 1, edge, edge + 1, time.Hour} {
				recorded, spilled := NewDurations(layout, Stable), NewDurations(layout, Stable)
				recorded.Record(nginx, &protocol.Call{Metric: metric, EndUnixNano: uint64(d)})
				sp := Spilled{Metric: metric}
				spilled.AddAlike(&sp, 1, d, 0, false)
				spilled.RecordSpilled(nginx, &sp, 0)
				assert.Equal(t, only(recorded).buckets, only(spilled).buckets, "%s %s", metric, d)
				assert.Equal(t, uint64(1), total(only(spilled).buckets))
			}
		}
	}
}

// only returns the one series that there is.
func only(d *Durations) *series {
	for _, s := range d.series {
		return s
	}
	return nil
}

// TestDatabaseEdges: what databases do in a millisecond is told from what takes five.
func TestDatabaseEdges(t *testing.T) {
	layout, _ := NewLayout([]time.Duration{20 * ms}, 31)
	d := NewDurations(layout, Stable)
	id := &process.Identity{PID: 1, Executable: "shop"}
	for _, took := range []time.Duration{ms, ms + 1, 5*ms + 1, 20 * ms, 30 * ms} {
		d.Record(id, &protocol.Call{Metric: semconv.DBClientOperationDuration, EndUnixNano: uint64(took)})
		d.Record(id, &protocol.Call{Metric: semconv.HTTPClientRequestDuration, EndUnixNano: uint64(took)})
	}
	assert.Equal(t, []string{
		"shop db.client.operation.duration Cumulative [0,9] 5 0.057000002s | [1 1 1 1 1 0 0 0 0 0 0] | ",
		"shop http.client.request.duration Cumulative [0,9] 5 0.057000002s | [2 1 1 0 1 0 0 0 0 0 0 0 0 0 0 0] | ",
	}, export(t, d, 9))
}
