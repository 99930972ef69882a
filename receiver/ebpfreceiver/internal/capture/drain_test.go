// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// A turn of HTTP between two ends that this process plays.
const (
	httpGet = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"
	httpOK  = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
)

// pass writes at one end, and reads it at the other.
func pass(t *testing.T, from, to net.Conn, what string) {
	t.Helper()
	_, err := io.WriteString(from, what)
	require.NoError(t, err)
	_, err = io.ReadFull(to, make([]byte, len(what)))
	require.NoError(t, err)
}

// drainExchanges shows each exchange that waits in the ring, of whatever runs on this
// host. It is valid during the call only.
func drainExchanges(t *testing.T, c *Capture, show func(*record.Exchange)) {
	t.Helper()
	var e record.Exchange
	require.NoError(t, c.Drain(func(sample []byte) {
		kind, err := record.KindOf(sample)
		require.NoError(t, err)
		if kind != record.KindExchange {
			return
		}
		require.NoError(t, record.DecodeExchange(sample, &e))
		show(&e)
	}))
}

// awaitExchanges returns the wanted ones once there are n, or what there is after a
// second: the last hooks may still have to run.
func awaitExchanges(t *testing.T, c *Capture, n int, wanted func(*record.Exchange) bool) (got []record.Exchange) {
	t.Helper()
	for deadline := time.Now().Add(time.Second); ; time.Sleep(10 * time.Millisecond) {
		drainExchanges(t, c, func(e *record.Exchange) {
			if wanted(e) {
				got = append(got, *e)
			}
		})
		if len(got) >= n || time.Now().After(deadline) {
			return got
		}
	}
}
