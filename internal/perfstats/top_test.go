// SPDX-License-Identifier: Apache-2.0

package perfstats

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/bpf"
)

func TestTopProcesses(t *testing.T) {
	key := func(pid uint32) bpf.SocketProcessKey { return bpf.SocketProcessKey{Tgid: pid} }
	before := &sample{processes: map[bpf.SocketProcessKey]process{key(1): {"nginx", 100}, key(2): {"idle", 5}, key(4): {"gone", 9}}}
	after := &sample{processes: map[bpf.SocketProcessKey]process{
		key(1): {"nginx", 140}, key(2): {"idle", 5}, key(3): {"new", 60}, key(5): {"curl", 1},
	}}
	assert.Equal(t, []Process{{3, "new", 60, 30}, {1, "nginx", 40, 20}}, topProcesses(before, after, 2, 2))
	assert.Len(t, topProcesses(before, after, 2, 10), 3, "those that did nothing are not among them")
	assert.Empty(t, topProcesses(before, after, 2, 0))
}

// TestUntold: what the connections have not told their process of yet is its too.
func TestUntold(t *testing.T) {
	key := bpf.SocketProcessKey{Tgid: 1}
	s := &sample{
		processes: map[bpf.SocketProcessKey]process{key: {"nginx", 32}},
		connections: map[uint64]bpf.SocketConnectionStat{
			1: {Process: key, Untold: 15}, 2: {Process: key, Untold: 1}, 3: {Process: bpf.SocketProcessKey{Tgid: 2}, Untold: 7},
		},
	}
	s.addUntold()
	assert.Equal(t, map[bpf.SocketProcessKey]process{key: {"nginx", 48}}, s.processes)
}

func TestTopConnections(t *testing.T) {
	local := [16]byte{10: 0xff, 11: 0xff, 12: 10, 15: 1}
	conn := func(exchanges uint32, role bpf.SocketRole, port uint16) bpf.SocketConnectionStat {
		return bpf.SocketConnectionStat{
			Process: bpf.SocketProcessKey{Tgid: 7}, Exchanges: exchanges, Role: uint8(role), LocalAddr: local, LocalPort: port,
			RemoteAddr: [16]byte{0: 0x20, 1: 0x01, 15: 2}, RemotePort: 443,
		}
	}
	before := &sample{connections: map[uint64]bpf.SocketConnectionStat{1: conn(10, bpf.SocketRoleROLE_SERVER, 80), 2: conn(3, bpf.SocketRoleROLE_SERVER, 81)}}
	after := &sample{connections: map[uint64]bpf.SocketConnectionStat{
		1: conn(20, bpf.SocketRoleROLE_SERVER, 80), 2: conn(3, bpf.SocketRoleROLE_SERVER, 81), 3: conn(4, bpf.SocketRoleROLE_CLIENT, 40000),
	}}
	assert.Equal(t, []Connection{
		{7, "server", "10.0.0.1:80", "[2001::2]:443", 10, 5},
		{7, "client", "10.0.0.1:40000", "[2001::2]:443", 4, 2},
	}, topConnections(before, after, 2, 10))
}

func TestAddress(t *testing.T) {
	a := [16]byte{10: 0xff, 11: 0xff, 12: 10, 15: 1}
	assert.Equal(t, "10.0.0.1:80", address(unix.AF_INET, a, 80))
	assert.Equal(t, "10.0.0.1:80", address(unix.AF_INET6, a, 80), "mapped")
	assert.Equal(t, "unix", address(unix.AF_UNIX, [16]byte{}, 0))
}

func TestText(t *testing.T) {
	assert.Equal(t, "ab", text([]int8{'a', 'b', 0, 'c'}, []int8{'x'}))
	assert.Equal(t, "x", text([]int8{0, 'b'}, []int8{'x'}))
	assert.Empty(t, text([]int8{0}, nil))
}
