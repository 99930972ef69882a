// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// sampleOf makes a record as the kernel sends it.
func sampleOf(request, response string, change ...func(*bpf.SocketExchangeRecord)) []byte {
	r := bpf.SocketExchangeRecord{
		Kind: uint8(record.KindExchange), Role: record.RoleServer, Protocol: record.ProtocolHTTP1, Status: 200, Sequence: 1,
		Process: bpf.SocketProcessKey{Tgid: 1 << 30, Start: 1}, Conn: 1, StartNs: 1000, RequestEndNs: 1000, ResponseNs: 2000, EndNs: 2000,
		RequestBytes: uint64(len(request)), ResponseBytes: uint64(len(response)), Family: 2, LocalPort: 8080, RemotePort: 40000,
		LocalAddr:  [16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1},
		RemoteAddr: [16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1},
		RequestLen: uint16(len(request)), ResponseLen: uint16(len(response)), Operations: 1,
	}
	for _, c := range change {
		c(&r)
	}
	copy(r.Data[:], request+response)
	size := int(unsafe.Offsetof(r.Data)) + len(request) + len(response)
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(&r)), size)...)
}

// TestFullBatch: spans are sent on as soon as a batch is full, whatever comes before
// the reading loop looks again.
func TestFullBatch(t *testing.T) {
	r, err := newReceiver(receivertest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config))
	require.NoError(t, err)
	var sink consumertest.TracesSink
	r.metrics, r.traces, r.clock = consumertest.NewNop(), &sink, &capture.Clock{}
	layout, _ := histograms.NewLayout(defaultThresholds, capture.MaxEdges)
	r.prepare(func(record.Process) (*bpf.SocketProcessIdentity, bool) { return nil, false }, layout)
	sample := sampleOf("GET / HTTP/1.1\r\nHost: shop\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	for range 2*maxBatch + 7 {
		r.onSample(sample)
	}
	require.Len(t, sink.AllTraces(), 2)
	for _, batch := range sink.AllTraces() {
		require.Equal(t, maxBatch, batch.SpanCount())
	}
	require.Equal(t, 7, r.batch.Len())
	require.Len(t, r.sent, 7)
}

// BenchmarkOnSample is the way of one exchange from the ring buffer's bytes to a
// histogram and a span, the hand-over of full batches included, or, without spans,
// to the unspanned counts.
func BenchmarkOnSample(b *testing.B) {
	for name, withSpans := range map[string]bool{"spans": true, "counts": false} {
		b.Run(name, func(b *testing.B) {
			r, err := newReceiver(receivertest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config))
			require.NoError(b, err)
			r.metrics, r.clock = consumertest.NewNop(), &capture.Clock{}
			if withSpans {
				r.traces = consumertest.NewNop()
			}
			layout, _ := histograms.NewLayout(defaultThresholds, capture.MaxEdges)
			r.prepare(func(record.Process) (*bpf.SocketProcessIdentity, bool) { return nil, false }, layout)
			sample := sampleOf(
				"GET /v1/items/42 HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: peers/1\r\nAccept: */*\r\n\r\n",
				"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n")
			b.ReportAllocs()
			for b.Loop() {
				r.onSample(sample)
			}
		})
	}
}
