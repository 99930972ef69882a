// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
)

// TestSnapshots: one read a collection, and every collection a new one.
func TestSnapshots(t *testing.T) {
	reads := uint64(0)
	s := snapshots{read: func() (capture.Counters, error) {
		reads++
		return capture.Counters{Opened: reads}, nil
	}}
	callbacks := []func() (*capture.Counters, error){s.reader(), s.reader(), s.reader()}
	for collection := uint64(1); collection <= 3; collection++ {
		for _, read := range callbacks {
			c, err := read()
			require.NoError(t, err)
			assert.Equal(t, collection, c.Opened)
		}
		assert.Equal(t, collection, reads)
	}
}
