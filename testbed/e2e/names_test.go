// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"
	grpccodes "google.golang.org/grpc/codes"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/grpcserver"
	"github.com/sloe-dev/sloe/testbed/workload/redisbed"
)

// lastPoints returns the last data point of each series of a service's histograms, by
// the metric.
func (b *bed) lastPoints(t testing.TB, service string) map[string][]pmetric.HistogramDataPoint {
	series := map[string]map[string]pmetric.HistogramDataPoint{}
	for _, md := range b.Metrics(t, "metrics.json") {
		for _, rm := range md.ResourceMetrics().All() {
			if str(rm.Resource().Attributes(), semconv.ServiceName) != service {
				continue
			}
			pid := str(rm.Resource().Attributes(), semconv.ProcessPID)
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					if m.Type() != pmetric.MetricTypeHistogram || m.Histogram().AggregationTemporality() != pmetric.AggregationTemporalityCumulative {
						continue
					}
					if series[m.Name()] == nil {
						series[m.Name()] = map[string]pmetric.HistogramDataPoint{}
					}
					for _, dp := range m.Histogram().DataPoints().All() {
						series[m.Name()][fmt.Sprint(pid, dp.StartTimestamp(), dp.Attributes().AsRaw())] = dp
					}
				}
			}
		}
	}
	out := map[string][]pmetric.HistogramDataPoint{}
	for name, points := range series {
		out[name] = slices.Collect(maps.Values(points))
	}
	return out
}

// sumBy adds the counts of data points by the values of attributes.
func sumBy(points []pmetric.HistogramDataPoint, attributes ...string) map[string]uint64 {
	out := map[string]uint64{}
	for _, dp := range points {
		key := ""
		for i, a := range attributes {
			if i > 0 {
				key += " "
			}
			key += str(dp.Attributes(), a)
		}
		out[key] += dp.Count()
	}
	return out
}

// TestNames: with both names each of the two histograms, or of the two sets of
// attributes, holds what the servers counted.
func TestNames(t *testing.T) {
	const each = 50
	b := startBed(t, bedOptions{ebpf: "{metrics: {names: both}}"})
	web, orders, cache, shop := serviceName("web"), serviceName("orders"), serviceName("redis"), serviceName("shop")
	server := startGoServer(t, web)
	grpc := grpcserver.Start(t, orders, "127.0.0.1:0")
	redis := redisbed.Start(t, redisbed.Options{Name: cache})
	client, err := grpcserver.Dial(grpc.Address)
	assert.NoError(t, err)
	defer client.Close()
	plain := http1Client(t)
	for range each {
		get(t, plain, "http://"+server.Address+"/ok?n=1", 200)
		get(t, plain, "http://"+server.Address+"/status/404", 404)
		assert.Equal(t, grpccodes.OK, client.Get(t.Context(), grpcserver.Get, "fine"))
	}
	redis.CLI(t, shop, "-r", fmt.Sprint(each), "PING")
	b.waitBudget(t, web, "http_availability", 2*each, patience)
	b.waitBudget(t, orders, "grpc_availability", each, patience)
	b.waitBudget(t, shop, "db_availability", redisbed.Sum(redis.Commands(t)).Calls, patience)
	b.Terminate(t)

	points := b.lastPoints(t, web)[semconv.HTTPServerRequestDuration]
	assert.Equal(t, map[string]uint64{"200 /ok": each, "404 /status/404": each}, sumBy(points, semconv.HTTPResponseStatusCode, semconv.URLPath))
	rpc := b.lastPoints(t, orders)
	assert.Equal(t, map[string]uint64{"grpc " + grpcserver.ServiceName + "/Get OK": each},
		sumBy(rpc[semconv.RPCServerCallDuration], semconv.RPCSystemName, semconv.RPCMethod, semconv.RPCResponseStatusCode))
	assert.Equal(t, map[string]uint64{"grpc " + grpcserver.ServiceName + " Get OK": each},
		sumBy(rpc[semconv.RPCServerDurationOld], semconv.RPCSystemOld, semconv.RPCServiceOld, semconv.RPCMethod, semconv.RPCGRPCStatusCodeOld))
	db := b.lastPoints(t, shop)[semconv.DBClientOperationDuration]
	assert.Equal(t, sumBy(db, semconv.DBSystemName, semconv.DBOperationName), sumBy(db, semconv.DBSystemOld, semconv.DBOperationOld))
	assert.EqualValues(t, each, sumBy(db, semconv.DBOperationOld)["PING"])
}

// TestEdges: what the kernel counted, as no request becomes a span, is in buckets with
// the edges that the conventions list for its metric, and at the thresholds: one by
// configuration, three of the tiers.
func TestEdges(t *testing.T) {
	const requests = 1000
	b := startBed(t, bedOptions{ebpf: "{sampling: {ratio: 0, always: []}, thresholds: [20ms]}"})
	web, cache, shop := serviceName("web"), serviceName("redis"), serviceName("shop")
	server := startGoServer(t, web)
	plain := http1Client(t)
	for range 20 {
		get(t, plain, "http://"+server.Address+"/slow?ms=6", 200)
	}
	redis := redisbed.Start(t, redisbed.Options{Name: cache})
	redis.Benchmark(t, shop, "-q", "-n", fmt.Sprint(requests), "-t", "set")
	b.waitBudget(t, web, "http_availability", 20, patience)
	calls := redisbed.Sum(redis.Commands(t)).Calls
	b.waitBudget(t, shop, "db_availability", calls, patience)
	b.Terminate(t)

	points := b.lastPoints(t, web)[semconv.HTTPServerRequestDuration]
	assert.Equal(t, map[string]uint64{"": 20}, sumBy(points))
	db := b.lastPoints(t, shop)[semconv.DBClientOperationDuration]
	assert.Equal(t, map[string]uint64{"": calls}, sumBy(db))
	for _, dp := range points {
		assert.Equal(t, []float64{0.005, 0.01, 0.02, 0.025, 0.05, 0.075, 0.1, 0.2, 0.25, 0.5, 0.75, 1, 2, 2.5, 5, 7.5, 10}, dp.ExplicitBounds().AsRaw())
		assert.Zero(t, dp.BucketCounts().At(0), "each took more than 6 ms")
	}
	for _, dp := range db {
		assert.Equal(t, []float64{0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10}, dp.ExplicitBounds().AsRaw())
		var n uint64
		for _, c := range dp.BucketCounts().AsRaw() {
			n += c
		}
		assert.Equal(t, dp.Count(), n)
	}
}

// http1Client keeps its connections alive, and closes them with the test.
func http1Client(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
