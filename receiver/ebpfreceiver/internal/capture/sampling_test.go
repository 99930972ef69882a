// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// TestSampling: what gets no record is counted, by its reason, so that both
// together are all.
func TestSampling(t *testing.T) {
	const n = 200
	none, all := both(0), both(n)
	tests := map[string]struct {
		sampling Sampling
		shed     func(*Capture) error
		turns    string
		want     map[uint8]uint64 // delivered by role
		reason   string
	}{
		"all":                                   {sampling: Sampling{Ratio: 1}, turns: "http", want: all},
		"none":                                  {sampling: Sampling{}, turns: "http", want: none, reason: SpilledSampled},
		"none but errors, of failures":          {sampling: Sampling{AlwaysErrors: true}, turns: "failing", want: all},
		"none but errors, of successes":         {sampling: Sampling{AlwaysErrors: true}, turns: "http", want: none, reason: SpilledSampled},
		"none but errors, of what is not there": {sampling: Sampling{AlwaysErrors: true}, turns: "missing", want: map[uint8]uint64{record.RoleClient: n}, reason: SpilledSampled},
		"none but slow ones, of such":           {sampling: Sampling{AlwaysSlower: 1}, turns: "http", want: all},
		"none but slow ones, of quick ones":     {sampling: Sampling{AlwaysSlower: time.Hour}, turns: "http", want: none, reason: SpilledSampled},
		"all, but they are shed":                {sampling: Sampling{Ratio: 1, AlwaysErrors: true}, shed: func(c *Capture) error { return c.Shed(0, false, false) }, turns: "http", want: none, reason: SpilledShed},
		"errors are not, at first":              {sampling: Sampling{Ratio: 1, AlwaysErrors: true}, shed: func(c *Capture) error { return c.Shed(0, false, false) }, turns: "failing", want: all},
		"in the end they are":                   {sampling: Sampling{Ratio: 1, AlwaysErrors: true}, shed: func(c *Capture) error { return c.Shed(0, true, true) }, turns: "failing", want: none, reason: SpilledShed},
		"and back": {sampling: Sampling{Ratio: 1}, shed: func(c *Capture) error {
			if err := c.Shed(0, true, true); err != nil {
				return err
			}
			return c.Shed(1, false, false)
		}, turns: "http", want: all},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var p *peers
			c := whole(t, func(c *Capture) {
				if tt.shed != nil {
					require.NoError(t, tt.shed(c))
				}
				p = startPeers(t, tt.turns)
				p.play(t, n)
			}, Options{RingBytes: 8 << 20, Sampling: tt.sampling})
			delivered, spilled := c.placed(t, p.pid)
			for _, role := range []uint8{record.RoleServer, record.RoleClient} {
				assert.Equal(t, tt.want[role], delivered[role], "role %d", role)
				assert.EqualValues(t, n, delivered[role]+spilled[role], "role %d", role)
			}
			requireReason(t, c, tt.reason, spilled)
		})
	}
}

// requireReason asks that at least what was spilled of a process, and whatever
// else runs on this host, is counted for the reason.
func requireReason(t *testing.T, c *run, reason string, spilled map[uint8]uint64) {
	t.Helper()
	counters, err := c.Counters()
	require.NoError(t, err)
	assert.Equal(t, counters.Ended(), counters.Delivered+counters.Spilled())
	if reason != "" {
		assert.GreaterOrEqual(t, counters.SpilledBy[reason], spilled[record.RoleServer]+spilled[record.RoleClient])
	}
}

// TestSamplingKeepsBothEnds: the ratio is decided alike at the client and at the
// server, and keeps some and not others.
func TestSamplingKeepsBothEnds(t *testing.T) {
	const n = 1000
	var p *peers
	c := whole(t, func(c *Capture) {
		p = startPeers(t, "http")
		p.play(t, n)
	}, Options{RingBytes: 8 << 20, Sampling: Sampling{Ratio: 0.25}})
	kept := map[uint8]map[uint32]bool{record.RoleServer: {}, record.RoleClient: {}}
	for i := range c.exchanges {
		if e := &c.exchanges[i]; int(e.Process.Tgid) == p.pid {
			kept[e.Role][e.RequestSeq] = true
		}
	}
	assert.Equal(t, kept[record.RoleServer], kept[record.RoleClient])
	// 250 are expected; the chance of a number outside is below one in a billion
	assert.Greater(t, len(kept[record.RoleServer]), 160)
	assert.Less(t, len(kept[record.RoleServer]), 340)
	aggregates, err := c.Aggregates()
	require.NoError(t, err)
	spilled := 0
	for _, a := range aggregates {
		if int(a.Key.Process.Tgid) == p.pid && a.Key.Role == record.RoleServer {
			spilled += int(a.Count)
		}
	}
	assert.Equal(t, n, len(kept[record.RoleServer])+spilled)
}

// TestRateLimit: a process has no more records than its rate and a second's worth
// at once; what is beyond is counted.
func TestRateLimit(t *testing.T) {
	const n, rate = 500, 20
	var p *peers
	var took time.Duration
	c := whole(t, func(c *Capture) {
		p = startPeers(t, "http")
		began := time.Now()
		p.play(t, n)
		took = time.Since(began)
	}, Options{RingBytes: 8 << 20, Sampling: Sampling{Ratio: 1, MaxPerSecond: rate}})
	delivered, spilled := c.placed(t, p.pid)
	all := delivered[record.RoleServer] + delivered[record.RoleClient]
	assert.GreaterOrEqual(t, all, uint64(rate), "a second's worth at once")
	assert.LessOrEqual(t, all, uint64(rate*(1+took.Seconds()))+1)
	for _, role := range []uint8{record.RoleServer, record.RoleClient} {
		assert.EqualValues(t, n, delivered[role]+spilled[role])
	}
	requireReason(t, c, SpilledRateLimited, spilled)
}
