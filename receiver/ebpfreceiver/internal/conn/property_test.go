// SPDX-License-Identifier: Apache-2.0

package conn

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestReleasedExactlyOnce plays random lives of a few connections, in which
// records come late, twice, for nobody or not at all. Whatever happens, each call
// that was added is released once, no call is released with an end before one it
// was told, and the list and the index hold the same.
func TestReleasedExactlyOnce(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 0))
		times := map[*Held]int{}
		told := map[*Held]uint64{}
		p := NewPending(func(h *Held, _ bool) {
			times[h]++
			require.GreaterOrEqual(t, h.EndNs, told[h])
		})
		var all []*Held
		now := uint64(0)
		for range 500 {
			now += random.Uint64N(uint64(2 * time.Second))
			conn, sequence := random.Uint64N(8), random.Uint32N(6)
			switch random.IntN(6) {
			case 0, 1:
				h := held(conn, sequence, random.Uint64N(3)*100)
				h.EndNs = now
				all = append(all, h)
				p.Add(h, random.Uint64N(300), now)
			case 2, 3:
				e, ok := p.byConn[conn]
				if ok && e.Value.(*Held).Sequence == sequence {
					told[e.Value.(*Held)] = now
				}
				require.Equal(t, ok && e.Value.(*Held).Sequence == sequence, p.Tail(tail(conn, sequence, now, random.Uint64N(300), uint8(random.IntN(2)))))
			case 4:
				p.Next(conn)
			case 5:
				p.Expire(now)
			}
			require.Len(t, p.byConn, p.Len())
			require.LessOrEqual(t, p.Len(), 8)
			released := 0
			for _, h := range all {
				released += times[h]
			}
			require.Equal(t, len(all), released+p.Len(), "seed %d", seed)
		}
		p.Flush()
		require.Zero(t, p.Len())
		for _, h := range all {
			require.Equal(t, 1, times[h], "seed %d", seed)
		}
	}
}
