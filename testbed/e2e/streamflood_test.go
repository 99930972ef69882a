// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
)

// TestStreamFlood: a connection that opens and resets streams by the hundred thousand,
// faster than spans are sent on, has each counted at both of its ends, and costs the
// collector a batch of spans at most.
func TestStreamFlood(t *testing.T) {
	const streams = 150_000
	b := startBed(t, bedOptions{ebpf: "{ring_buffer: 33554432}", env: []string{"SLOE_TEST_SPANS_TO=nop"}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() { // a server that answers nothing
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write(frame(4, 0, 0, nil))
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	counted := func() uint64 {
		m, err := collectorbed.ReadSelfMetrics(b.self)
		require.NoError(t, err)
		return m.Sum("receiver_ebpf_streams_ended")
	}
	before, most := residentKB(t, b.PID()), 0
	first := counted()
	c, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	text := append([]byte(http2Preface), frame(4, 0, 0, nil)...)
	for n := range uint32(streams) {
		text = append(text, frame(1, 5, 2*n+1, []byte{0x82, 0x84, 0x86})...)
		text = append(text, frame(3, 0, 2*n+1, []byte{0, 0, 0, 8})...)
		if len(text) > 60_000 || n == streams-1 {
			_, err := c.Write(text)
			require.NoError(t, err)
			text = text[:0]
			most = max(most, residentKB(t, b.PID()))
		}
	}
	for deadline := time.Now().Add(patience); counted()-first < 2*streams && time.Now().Before(deadline); {
		most = max(most, residentKB(t, b.PID()))
		time.Sleep(10 * time.Millisecond)
	}
	assert.EqualValues(t, 2*streams, counted()-first, "streams that ended, at both ends")
	t.Logf("%d KiB before, %d KiB at most", before, most)
	assert.Less(t, most-before, 56<<10, "KiB; a batch that could hold the spans of a full ring took 500 MB for these")
	b.Terminate(t)
}
