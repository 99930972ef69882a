// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math/bits"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// ringMinutes is how far back measured minutes are remembered: the longest
// window, rounded up to whole words, and one word more for the current minute.
const ringMinutes = (slo.Minute(slo.MaxWindow/time.Minute)/64 + 2) * 64

// measured remembers in which minutes a writer was measuring: one bit a minute,
// in a ring.
type measured struct {
	words  []uint64
	newest slo.Minute // -1 before the first
}

func newMeasured() *measured {
	return &measured{words: make([]uint64, ringMinutes/64), newest: -1}
}

// set marks a minute. One that fell out of the ring is ignored.
func (m *measured) set(minute slo.Minute) {
	switch {
	case m.newest < 0 || minute-m.newest >= ringMinutes:
		clear(m.words)
		m.newest = minute
	case minute > m.newest:
		for gap := m.newest + 1; gap < minute; gap++ {
			m.put(gap, 0)
		}
		m.newest = minute
	case m.newest-minute >= ringMinutes:
		return
	}
	m.put(minute, 1)
}

// has tells whether a minute was measured.
func (m *measured) has(minute slo.Minute) bool {
	if minute > m.newest || m.newest-minute >= ringMinutes {
		return false
	}
	i := minute % ringMinutes
	return m.words[i/64]>>(i%64)&1 == 1
}

// count returns how many minutes of [from, to) were measured.
func (m *measured) count(from, to slo.Minute) uint64 {
	from, to = max(from, m.newest-ringMinutes+1, 0), min(to, m.newest+1)
	n := 0
	for from < to {
		i := from % ringMinutes
		word, bit := m.words[i/64], i%64
		take := min(64-bit, to-from)
		n += bits.OnesCount64(word >> bit << (64 - take))
		from += take
	}
	return uint64(n)
}

func (m *measured) put(minute slo.Minute, bit uint64) {
	i := minute % ringMinutes
	m.words[i/64] = m.words[i/64]&^(1<<(i%64)) | bit<<(i%64)
}
