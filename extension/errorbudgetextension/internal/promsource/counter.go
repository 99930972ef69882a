// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promapi"
)

// seriesID stands for all labels of a series. Two series that differ in any label
// are two counters.
type seriesID [16]byte

func idOf(labels []promapi.Label) seriesID {
	raw := make([]byte, 0, 512)
	for _, l := range labels {
		raw = binary.AppendUvarint(raw, uint64(len(l.Name)))
		raw = append(raw, l.Name...)
		raw = binary.AppendUvarint(raw, uint64(len(l.Value)))
		raw = append(raw, l.Value...)
	}
	sum := sha256.Sum256(raw)
	return seriesID(sum[:16])
}

// counter is how far one series was read: its last sample.
type counter struct {
	millis int64
	value  uint64
	// sighted: its writer is known to count for its service.
	sighted bool
}

// grow moves on to a later sample, and returns how many events were counted in
// between. A value that fell began again at zero.
func (c *counter) grow(s promapi.Sample) (n uint64, reset bool) {
	if n = s.Count - c.value; s.Count < c.value {
		n, reset = s.Count, true
	}
	c.millis, c.value = s.Millis, s.Count
	return n, reset
}
