// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// run is what was seen of the peers while a capture ran.
type run struct {
	*Capture
	exchanges []record.Exchange // of the peers
	tails     int               // of whatever runs on this host
}

// read keeps what is about the peers. The ring is read all the time: whatever else
// runs on this host may fill it in a moment.
func (r *run) read(t *testing.T, sample []byte) {
	kind, err := record.KindOf(sample)
	assert.NoError(t, err)
	if kind == record.KindTail {
		r.tails++
	}
	if kind != record.KindExchange {
		return
	}
	var e record.Exchange
	assert.NoError(t, record.DecodeExchange(sample, &e))
	if _, ours := startedPeers.Load(int(e.Process.Tgid)); ours {
		r.exchanges = append(r.exchanges, e)
	}
}

// watch runs something under a capture, and reads what comes of it.
func watch(t *testing.T, options Options, do func(c *Capture)) *run {
	t.Helper()
	r := &run{Capture: openWith(t, options)}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				assert.NoError(t, r.Read(func(sample []byte) { r.read(t, sample) }))
			}
		}
	}()
	defer func() {
		close(stop)
		<-stopped
		require.NoError(t, r.Detach())
		for r.RingAvailable() > 0 {
			require.NoError(t, r.Drain(func(sample []byte) { r.read(t, sample) }))
		}
	}()
	do(r.Capture)
	return r
}

// whole runs until the kernel skipped no hook meanwhile, as wholeRun.
func whole(t *testing.T, do func(c *Capture), options Options) *run {
	t.Helper()
	const tries = 20
	for try := 1; ; try++ {
		r := watch(t, options, do)
		counters, err := r.Counters()
		require.NoError(t, err)
		if counters.Lost[recursionMisses] == 0 {
			return r
		}
		t.Logf("try %d: the kernel skipped %d hooks", try, counters.Lost[recursionMisses])
		require.Less(t, try, tries, "no run without a skipped hook")
	}
}

// placed counts where the exchanges of a process went, by role.
func (r *run) placed(t *testing.T, pid int) (delivered, spilled map[uint8]uint64) {
	t.Helper()
	delivered, spilled = map[uint8]uint64{}, map[uint8]uint64{}
	for i := range r.exchanges {
		if e := &r.exchanges[i]; int(e.Process.Tgid) == pid {
			delivered[e.Role]++
		}
	}
	aggregates, err := r.Aggregates()
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
	delivered, spilled := c.placed(t, p.pid)
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
			for i := range c.exchanges {
				e := &c.exchanges[i]
				if int(e.Process.Tgid) != p.pid {
					continue // of another try
				}
				found[e.Role]++
				assert.Equal(t, status, e.Status)
				assert.EqualValues(t, len(turns[turn].request), e.RequestBytes)
				assert.LessOrEqual(t, len(e.Request()), most)
				if turn != "interim" { // the final response was looked for in all that there is
					assert.LessOrEqual(t, len(e.Response()), most)
				}
			}
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
			assert.Equal(t, tt.tails, c.tails > 0, "%d tails, of whatever else runs on this host too", c.tails)
		})
	}
}
