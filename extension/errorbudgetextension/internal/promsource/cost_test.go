// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"bytes"
	"context"
	"encoding/json"
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

// What a poll finds of 20,000 objectives: 40,000 series, each with the five samples
// of the overlap and the interval, of which one is new.
const (
	pollSeries  = 40_000
	pollSamples = 5
)

func pollAnswer(from int64) canned {
	var out bytes.Buffer
	out.WriteString(`{"status":"success","data":{"resultType":"matrix","result":[`)
	for i := range pollSeries {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"metric":{"__name__":"sli_events_total","instance":"5f0c2a7e-agent-%d","job":"sloe","service_name":"service-%d","service_namespace":"retail","deployment_environment_name":"production","sli_name":"http_availability","sli_outcome":"%s"},"values":[`,
			i%100, i/4, []string{"good", "bad"}[i%2])
		for n := range pollSamples {
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

// BenchmarkReadByLibrary is what BenchmarkRead is held against: the same answer, read
// into any by encoding/json, and no more.
func BenchmarkReadByLibrary(b *testing.B) {
	answer := pollAnswer(at(0))
	b.SetBytes(int64(len(answer)))
	for b.Loop() {
		var read any
		require.NoError(b, json.Unmarshal(answer, &read))
	}
}

// BenchmarkRead reads a poll: the answer, the increments, and the cursor.
func BenchmarkRead(b *testing.B) {
	first, second := pollAnswer(at(0)), pollAnswer(at(0)+15_000)
	bed := newBed(nil)
	bed.set.MaxSeries = pollSeries
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
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/pollSeries, "ns/series")
	b.ReportMetric(float64(cursor)/pollSeries, "cursor-B/series")
}
