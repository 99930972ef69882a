// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promapi"
)

// canned answers every request alike.
type canned []byte

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(c))}, nil
}

// BenchmarkRead reads what a poll finds of 20,000 objectives: 40,000 series, each
// with the five samples of the overlap and the interval, of which one is new.
func BenchmarkRead(b *testing.B) {
	const series, samples = 40_000, 5
	answer := func(from int64) canned {
		var out bytes.Buffer
		out.WriteString(`{"status":"success","data":{"resultType":"matrix","result":[`)
		for i := range series {
			if i > 0 {
				out.WriteByte(',')
			}
			fmt.Fprintf(&out, `{"metric":{"__name__":"sli_events_total","instance":"5f0c2a7e-agent-%d","job":"sloe","service_name":"service-%d","service_namespace":"retail","deployment_environment_name":"production","sli_name":"http_availability","sli_outcome":"%s"},"values":[`,
				i%100, i/4, []string{"good", "bad"}[i%2])
			for n := range samples {
				if n > 0 {
					out.WriteByte(',')
				}
				at := from + int64(n)*15_000
				fmt.Fprintf(&out, `[%d.%03d,"%d"]`, at/1000, at%1000, at/1000)
			}
			out.WriteString("]}")
		}
		out.WriteString("]}}")
		return out.Bytes()
	}
	first, second := answer(at(0)), answer(at(0)+15_000)
	bed := newBed(nil)
	bed.set.MaxSeries = series
	cursor := 0
	bed.set.Deliver = func(_ context.Context, batch *budget.Batch) error {
		cursor = len(batch.Cursor)
		return nil
	}
	transport := first
	bed.set.Samples = func(ctx context.Context, from, to int64, visit func(promapi.Series) error) error {
		return promapi.New("http://prometheus", &http.Client{Transport: transport}, 1<<30).Samples(ctx, "sli_events_total{}", from, to, visit)
	}
	bed.now = at(0) + 75_000
	require.NoError(b, bed.start())
	_, err := bed.reader.step(context.Background())
	require.NoError(b, err)
	transport = second
	known := bed.reader.counters
	b.SetBytes(int64(len(second)))
	for b.Loop() {
		bed.reader.counters = known
		_, err := bed.reader.step(context.Background())
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/series, "ns/series")
	b.ReportMetric(float64(cursor)/series, "cursor-B/series")
}
