// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// A span is the time before and behind a system call, on the kernel's clock.
type span struct{ before, behind uint64 }

func (s span) holds(t *testing.T, ns uint64, what string) {
	t.Helper()
	assert.GreaterOrEqual(t, ns, s.before, what)
	assert.LessOrEqual(t, ns, s.behind, what)
}

// timed tells when what was written at one end was, and when it was read at the other, a
// while behind that.
func timed(t *testing.T, from, to net.Conn, what string, wait time.Duration) (write, read span) {
	t.Helper()
	write.before = new(Clock).Sync()
	_, err := from.Write([]byte(what))
	require.NoError(t, err)
	write.behind = new(Clock).Sync()
	time.Sleep(wait)
	read.before = new(Clock).Sync()
	n, err := to.Read(make([]byte, len(what)))
	require.NoError(t, err)
	require.Equal(t, len(what), n)
	read.behind = new(Clock).Sync()
	return write, read
}

// TestTimes: what a record says of a turn's times lies within the system calls that made
// it, however long the bytes wait to be read, so that acknowledgements come between.
func TestTimes(t *testing.T) {
	eachBackend(t, "times within the system calls", func(t *testing.T, name string) {
		c, client, server, port := openBoth(t, name)
		waits := []time.Duration{0, 0, time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond, 0}
		var asked, said []span
		for _, wait := range waits {
			write, read := timed(t, client, server, httpGet, wait)
			asked = append(asked, write, read)
			write, read = timed(t, server, client, httpOK, wait)
			said = append(said, write, read)
		}
		require.NoError(t, c.Detach())

		next := map[uint8]int{}
		drainExchanges(t, c, func(e *record.Exchange) {
			if e.LocalPort != port && e.RemotePort != port {
				return
			}
			n := 2 * next[e.Role]
			next[e.Role]++
			if e.Role == record.RoleClient {
				asked[n].holds(t, e.StartNs, "a client asks as it writes")
				said[n+1].holds(t, e.ResponseNs, "and has the answer as it reads")
				assert.Equal(t, e.ResponseNs, e.EndNs)
				return
			}
			asked[n+1].holds(t, e.StartNs, "a server is asked as it reads")
			asked[n].holds(t, e.StartNs-e.QueueNs, "what came as the client wrote")
			said[n].holds(t, e.ResponseNs, "and answers as it writes")
			assert.Equal(t, e.ResponseNs, e.EndNs)
		})
		assert.Equal(t, map[uint8]int{record.RoleServer: len(waits), record.RoleClient: len(waits)}, next)
	})
}

// TestTCPClock: the hooks find out that TCP looks at the clock when it is read from, as all
// known kernels do, where they have a use for it.
func TestTCPClock(t *testing.T) {
	eachBackend(t, "TCP's own clock", func(t *testing.T, name string) {
		c := open(t, name, 1<<20)
		found := func() (found bool) {
			t.Helper()
			require.NoError(t, c.objects.ReadsRefresh.Get(&found))
			return found
		}
		assert.Equal(t, !c.preempts(), found())
		require.NoError(t, c.objects.ReadsRefresh.Set(false))
		require.NoError(t, c.learnClock())
		assert.True(t, found())
		var cookie uint64
		require.NoError(t, c.objects.ClockCookie.Get(&cookie))
		assert.Zero(t, cookie)
	})
}
