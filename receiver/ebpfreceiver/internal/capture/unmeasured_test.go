// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// missing is what was not measured of a process, by role and reason.
type missing map[string]uint64

func missingOf(t testing.TB, c *Capture, pid int) missing {
	t.Helper()
	all, err := c.Unmeasured()
	require.NoError(t, err)
	out := missing{}
	for i := range all {
		if u := &all[i]; int(u.Key.Process.Tgid) == pid {
			role := map[uint8]string{record.RoleServer: "server ", record.RoleClient: "client "}[u.Key.Role]
			out[role+u.Reason()] += u.Count
		}
	}
	return out
}

// TestUnmeasured: what passes unseen is counted, of the process and the role that it
// is missing of, and nothing else is.
func TestUnmeasured(t *testing.T) {
	const n = 20
	tests := []struct {
		protocol string
		want     missing
	}{
		{hiddenTLS, missing{"server opaque_tls": n, "client opaque_tls": n}},
		{hiddenRing, missing{"server unreadable": n}},
		{hiddenSplice, missing{"server gap": n / 2}},
		{hiddenOther, missing{"server unrecognized": n}},
		{hiddenUnasked, missing{}},
		{"http", missing{}},
		{"unix", missing{}},
		{"other", missing{}},
		{"interim", missing{}},
	}
	for _, tt := range tests {
		t.Run(tt.protocol, func(t *testing.T) {
			eachBackend(t, "unmeasured: "+tt.protocol, func(t *testing.T, name string) {
				c, p := wholeRun(t, name, tt.protocol, 8<<20, n)
				assert.Equal(t, tt.want, missingOf(t, c, p.pid))
				assert.Empty(t, missingOf(t, c, p.pid), "nothing new")
			})
		})
	}
}

// TestUnmeasuredUnderTLS13: how many turns its handshake takes depends on what is
// read at once, so that one request more or less may be counted.
func TestUnmeasuredUnderTLS13(t *testing.T) {
	const n = 20
	c, p := wholeRun(t, "socket", hiddenTLSNow, 8<<20, n)
	missing := missingOf(t, c, p.pid)
	assert.Len(t, missing, 2)
	assert.InDelta(t, n, missing["server opaque_tls"], 1)
	assert.InDelta(t, n, missing["client opaque_tls"], 1)
}

// TestUnmeasuredMidway: a request that is older than the agent is missing, once at
// each end, when its response is seen.
func TestUnmeasuredMidway(t *testing.T) {
	eachBackend(t, "unmeasured: midway", func(t *testing.T, name string) {
		p := startPeers(t, hiddenMidway)
		p.play(t, 1)
		c := open(t, name, 8<<20)
		p.play(t, 1)
		p.play(t, 1) // another one, which is measured from its start
		p.play(t, 1)
		assert.Equal(t, missing{"server request_unseen": 1, "client request_unseen": 1}, missingOf(t, c, p.pid))
	})
}

// TestUnmeasuredStorage: of a socket that has no room for a connection's state each
// request is known by its first bytes, and missing.
func TestUnmeasuredStorage(t *testing.T) {
	const n = 20
	eachBackend(t, "unmeasured: storage", func(t *testing.T, name string) {
		c := open(t, name, 8<<20)
		p := startPeersIn(t, hiddenStorage, syscall.CLONE_NEWNET)
		p.play(t, n)
		assert.Equal(t, missing{"server socket_storage": n, "client socket_storage": n}, missingOf(t, c, p.pid))
		assert.NotZero(t, lost(t, &run{Capture: c}, "socket_storage"))
	})
}
