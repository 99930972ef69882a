// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"encoding/binary"
	"net"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// TestLockNotToBeHad: a hook that waited in vain for a connection's lock goes on without it,
// and that is counted.
func TestLockNotToBeHad(t *testing.T) {
	eachBackend(t, "a lock not to be had", func(t *testing.T, name string) {
		c, client, server, port := openBoth(t, name)
		pass(t, client, server, httpGet)
		pass(t, server, client, httpOK)
		holdLock(t, c, server)
		pass(t, client, server, httpGet)
		pass(t, server, client, httpOK)
		require.NoError(t, c.Detach())

		exchanges := map[uint8]int{}
		drainExchanges(t, c, func(e *record.Exchange) {
			if e.LocalPort == port || e.RemotePort == port {
				exchanges[e.Role]++
			}
		})
		assert.Equal(t, map[uint8]int{record.RoleServer: 2, record.RoleClient: 2}, exchanges)
		sum, err := c.sums()
		require.NoError(t, err)
		var want uint64 = 1
		if c.preempts() {
			want = 0 // the hooks use the kernel's
		}
		assert.Equal(t, want, sum.Of[bpf.SocketCounterLOSS_LOCK])
	})
}

// holdLock takes the lock of a connection, as a hook does that never comes to its end.
func holdLock(t *testing.T, c *Capture, conn *net.TCPConn) {
	t.Helper()
	f, err := conn.File()
	require.NoError(t, err)
	defer f.Close()
	fd := uint32(f.Fd())
	var state []byte
	require.NoError(t, c.objects.Connections.Lookup(fd, &state))
	binary.NativeEndian.PutUint64(state[offsetOfHeld(t):], 1)
	require.NoError(t, c.objects.Connections.Update(fd, state, ebpf.UpdateExist))
}

// offsetOfHeld is where the lock is in a connection's state.
func offsetOfHeld(t *testing.T) uint32 {
	t.Helper()
	spec, err := bpf.LoadSocket()
	require.NoError(t, err)
	var conn *btf.Struct
	require.NoError(t, spec.Types.TypeByName("conn", &conn))
	for _, m := range conn.Members {
		if m.Name == "held" {
			return m.Offset.Bytes()
		}
	}
	require.Fail(t, "struct conn has no member held")
	return 0
}
