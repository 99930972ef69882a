// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// unmeasured reads receiver_ebpf_unmeasured by reason.
func (g *refusalRig) unmeasured(t *testing.T) map[string]int64 {
	out := map[string]int64{}
	m, err := g.telemetry.GetMetric("otelcol_receiver_ebpf_unmeasured")
	if err != nil {
		return out
	}
	for _, dp := range sumOf(t, m).DataPoints {
		reason, _ := dp.Attributes.Value("reason")
		out[reason.AsString()] = dp.Value
	}
	return out
}

// TestUnmeasured: what the kernel and the parser could not tell is told to the
// indicators, until they take it.
func TestUnmeasured(t *testing.T) {
	g := newRefusalRig(t)
	g.takeUnmeasured([]capture.Unmeasured{
		{Key: capture.UnmeasuredKey{Process: record.Process{Tgid: 7}, Role: record.RoleServer, Reason: uint8(bpf.SocketUnmeasuredReasonUNMEASURED_OPAQUE_TLS)}, Count: 4},
		{Key: capture.UnmeasuredKey{Reason: uint8(bpf.SocketUnmeasuredReasonUNMEASURED_GAP)}, Count: 2},
	})
	g.onSample(sampleOf("GET /cart HTTP/1.1\r\n\r\nGET /cart HTTP/1.1\r\n\r\nGET /cart HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	g.onSample(sampleOf("not a request", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	want := map[string]int64{"opaque_tls": 4, "gap": 2, "pipelined": 2, "unparsed": 1}
	assert.Equal(t, want, g.unmeasured(t))

	g.metrics.err, g.metrics.slis = errRefused, 0
	assert.EqualValues(t, 9, g.tell(false))
	g.metrics.err, g.metrics.slis = nil, 1
	assert.Zero(t, g.tell(false))
	require.EqualValues(t, 9, g.metrics.unmeasured, "told again, and once")
	assert.Zero(t, g.tell(false))
	assert.EqualValues(t, 9, g.metrics.unmeasured)
	assert.Equal(t, want, g.unmeasured(t))
}
