// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// TestEndedProcessesWaitForTheReader: who a process was is known until its records
// are read, however late that is.
func TestEndedProcessesWaitForTheReader(t *testing.T) {
	c := open(t, "socket", 1<<20)
	var gone record.Process
	t.Run("a process comes and goes", func(t *testing.T) {
		p := startPeers(t, "http")
		p.play(t, 1)
		c.Processes(func(k record.Process) {
			if int(k.Tgid) == p.pid {
				gone = k
			}
		})
	})
	require.NotZero(t, gone)
	exited, ok := c.Identity(gone)
	require.True(t, ok)
	require.NotZero(t, exited.ExitedNs)
	assert.NotContains(t, c.Ended(exited.ExitedNs-1, 0), gone)
	assert.NotContains(t, c.Ended(exited.ExitedNs+uint64(time.Second)-1, time.Second), gone)
	assert.True(t, c.Knows(gone))
	require.NoError(t, c.SetVerdict(gone, Verdict{Include: 1}))
	assert.True(t, slices.Contains(c.Ended(exited.ExitedNs+uint64(time.Second), time.Second), gone))
	assert.False(t, c.Knows(gone))
	var v Verdict
	assert.Error(t, c.objects.Verdicts.Lookup(gone, &v), "the verdict went with it")
}
