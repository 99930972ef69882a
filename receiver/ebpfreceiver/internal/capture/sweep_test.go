// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestUnixClosedUnseen: both ends of a Unix socket die at once, with a request
// unanswered. No hook sees that, so both exchanges are counted as lost: never as
// ended, and never as open for good.
func TestUnixClosedUnseen(t *testing.T) {
	eachBackend(t, "Unix sockets closed unseen", testUnixClosedUnseen)
}

func testUnixClosedUnseen(t *testing.T, name string) {
	c := open(t, name, 1<<20)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), peersVariable+"=hang")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = in.Write([]byte("1\n"))
	require.NoError(t, err)
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "the peers ended")
	require.Equal(t, "asked", lines.Text())
	var before Counters
	require.Eventually(t, func() bool { // the hook of the client's send may still have to run
		before, err = c.Counters()
		return err == nil && before.Opened >= 2
	}, 10*time.Second, time.Millisecond, "both ends")
	require.NoError(t, c.Sweep(false))
	while, err := c.Counters()
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // killed
	require.NoError(t, c.Detach())
	require.NoError(t, c.Sweep(false))
	after, err := c.Counters()
	require.NoError(t, err)
	assert.Equal(t, before.Lost[vanishedReason], while.Lost[vanishedReason], "they were open")
	assert.EqualValues(t, 2, after.Lost[vanishedReason]-while.Lost[vanishedReason])
	assert.Equal(t, missing{"server unix_closed_unseen": 1, "client unix_closed_unseen": 1}, missingOf(t, c, cmd.Process.Pid))
}

func TestLack(t *testing.T) {
	tests := []struct {
		what                string
		opened, open, ended uint64
		want                uint64
	}{
		{"nothing moves", 10, 3, 7, 0},
		{"two are gone", 10, 3, 5, 2},
		{"one that ended meanwhile was found open too", 10, 3, 6, 1},
		{"more ended than were opened before the walk", 10, 3, 9, 0},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, lack(tt.opened, tt.open, tt.ended), tt.what)
	}
}
