// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// TestAddOpen: listeners that are open are added to those that were closed, also where
// several share a port, and half a listener is none.
func TestAddOpen(t *testing.T) {
	web, other := Listener{Process: record.Process{Tgid: 7}, Port: 80}, Listener{Process: record.Process{Tgid: 8}, Port: 80}
	var listed bytes.Buffer
	for _, s := range []bpf.SocketListenerStat{{Key: web, Dropped: 5}, {Key: other, Dropped: 2}, {Key: web, Dropped: 1 << 32}} {
		require.NoError(t, binary.Write(&listed, binary.NativeEndian, s))
	}
	assert.Equal(t, map[Listener]uint64{web: 1<<32 + 15, other: 2}, addOpen(map[Listener]uint64{web: 10}, append(listed.Bytes(), 1, 2, 3)))
	assert.Equal(t, map[Listener]uint64{web: 10}, addOpen(map[Listener]uint64{web: 10}, nil))
}
