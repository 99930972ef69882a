// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// placed counts where the exchanges of a process went, by role.
func placed(t *testing.T, c *Capture, pid int) (delivered, spilled map[uint8]uint64) {
	t.Helper()
	delivered, spilled = map[uint8]uint64{}, map[uint8]uint64{}
	var e record.Exchange
	require.NoError(t, c.Drain(func(sample []byte) {
		if kind, err := record.KindOf(sample); err != nil || kind != record.KindExchange {
			return
		}
		require.NoError(t, record.DecodeExchange(sample, &e))
		if int(e.Process.Tgid) == pid {
			delivered[e.Role]++
		}
	}))
	aggregates, err := c.Aggregates()
	require.NoError(t, err)
	for _, a := range aggregates {
		if int(a.Key.Process.Tgid) == pid {
			spilled[a.Key.Role] += a.Count
		}
	}
	return delivered, spilled
}

func both(n uint64) map[uint8]uint64 {
	return map[uint8]uint64{record.RoleServer: n, record.RoleClient: n}
}

// whole runs until the kernel skipped no hook meanwhile, as wholeRun.
func whole(t *testing.T, run func(c *Capture), options Options) *Capture {
	t.Helper()
	const tries = 5
	for try := 1; ; try++ {
		c := openWith(t, options)
		run(c)
		require.NoError(t, c.Detach())
		counters, err := c.Counters()
		require.NoError(t, err)
		if counters.Lost[recursionMisses] == 0 {
			return c
		}
		t.Logf("try %d: the kernel skipped %d hooks", try, counters.Lost[recursionMisses])
		require.Less(t, try, tries, "no run without a skipped hook")
	}
}

// TestPaused: while records are not wanted every exchange is counted in the
// kernel, and when they are again every exchange is sent.
func TestPaused(t *testing.T) {
	var p *peers
	c := whole(t, func(c *Capture) {
		p = startPeers(t, "http")
		p.play(t, 10)
		require.NoError(t, c.SetPaused(true))
		p.play(t, 20)
		require.NoError(t, c.SetPaused(false))
		p.play(t, 30)
	}, Options{RingBytes: 8 << 20, Sampling: Sampling{Ratio: 1}})
	counters, err := c.Counters()
	require.NoError(t, err)
	delivered, spilled := placed(t, c, p.pid)
	assert.Equal(t, both(40), delivered)
	assert.Equal(t, both(20), spilled)
	assert.GreaterOrEqual(t, counters.SpilledBy[SpilledPaused], uint64(40), "and whatever else runs on this host")
	assert.Equal(t, counters.Ended(), counters.Delivered+counters.Spilled())
}

// TestHeadsOnly: with no more payload than detection and the status need, every
// exchange is still found and has its status, behind interim responses too.
func TestHeadsOnly(t *testing.T) {
	const n, most = 100, 64
	for turn, status := range map[string]uint16{"http": 200, "failing": 503, "interim": 201} {
		t.Run(turn, func(t *testing.T) {
			var p *peers
			c := whole(t, func(c *Capture) {
				require.NoError(t, c.Shed(1, false, true))
				p = startPeers(t, turn)
				p.play(t, n)
			}, Options{RingBytes: 8 << 20, Sampling: Sampling{Ratio: 1}})
			found := map[uint8]uint64{}
			var e record.Exchange
			require.NoError(t, c.Drain(func(sample []byte) {
				if kind, err := record.KindOf(sample); err != nil || kind != record.KindExchange {
					return
				}
				require.NoError(t, record.DecodeExchange(sample, &e))
				if int(e.Process.Tgid) != p.pid {
					return
				}
				found[e.Role]++
				assert.Equal(t, status, e.Status)
				assert.EqualValues(t, len(turns[turn].request), e.RequestBytes)
				assert.LessOrEqual(t, len(e.Request()), most)
				if turn != "interim" { // the final response was looked for in all that there is
					assert.LessOrEqual(t, len(e.Response()), most)
				}
			}))
			assert.Equal(t, both(n), found)
		})
	}
}

// TestTailsOfSpilledExchanges are not sent: nobody waits for them.
func TestTailsOfSpilledExchanges(t *testing.T) {
	for name, tt := range map[string]struct {
		ratio float64
		tails bool
	}{"sent": {1, true}, "spilled": {0, false}} {
		t.Run(name, func(t *testing.T) {
			var p *peers
			c := whole(t, func(c *Capture) {
				p = startPeers(t, "http")
				p.play(t, 50)
				// the end of its connection ends its last response, of which a tail tells
				require.NoError(t, p.in.Close())
				require.False(t, p.out.Scan())
			}, Options{RingBytes: 8 << 20, Sampling: Sampling{Ratio: tt.ratio}})
			tails := 0 // of whatever else runs on this host, too
			require.NoError(t, c.Drain(func(sample []byte) {
				if kind, err := record.KindOf(sample); err == nil && kind == record.KindTail {
					tails++
				}
			}))
			assert.Equal(t, tt.tails, tails > 0, "%d tails", tails)
		})
	}
}
