// SPDX-License-Identifier: Apache-2.0

package perfstats

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestSharing: the programs of a receiver are those that hang together by maps.
func TestSharing(t *testing.T) {
	all := []candidate{
		{1, []ebpf.MapID{30}},     // by program 3
		{2, []ebpf.MapID{99}},     // somebody else's
		{3, []ebpf.MapID{20, 30}}, // by program 4
		{4, []ebpf.MapID{10, 20}},
		{5, []ebpf.MapID{11, 21}}, // another receiver's
		{6, []ebpf.MapID{21, 31}},
	}
	ids := func(of []candidate) (out []ebpf.ProgramID) {
		for _, c := range of {
			out = append(out, c.id)
		}
		return out
	}
	assert.ElementsMatch(t, []ebpf.ProgramID{1, 3, 4}, ids(sharing(all, 10)))
	assert.ElementsMatch(t, []ebpf.ProgramID{5, 6}, ids(sharing(all, 11)))
	assert.Empty(t, sharing(all, 12))
}

func TestWhatIsNeededIsNamed(t *testing.T) {
	err := explain(fmt.Errorf("get: %w", unix.EPERM))
	require.ErrorIs(t, err, os.ErrPermission)
	require.ErrorContains(t, err, "CAP_SYS_ADMIN: run as root")
	require.NotContains(t, explain(unix.EINVAL).Error(), "root")
}

// TestOwners reads descriptors as /proc shows them.
func TestOwners(t *testing.T) {
	root := t.TempDir()
	descriptor := func(pid, fd int, target, info string) {
		for _, dir := range []string{"fd", "fdinfo"} {
			require.NoError(t, os.MkdirAll(filepath.Join(root, fmt.Sprint(pid), dir), 0o755))
		}
		require.NoError(t, os.Symlink(target, filepath.Join(root, fmt.Sprint(pid), "fd", fmt.Sprint(fd))))
		require.NoError(t, os.WriteFile(filepath.Join(root, fmt.Sprint(pid), "fdinfo", fmt.Sprint(fd)), []byte(info), 0o600))
	}
	const other = 4_000_000 // no process of this host: this one is left out
	descriptor(other, 3, "anon_inode:bpf-prog", "pos:\t0\nprog_type:\t26\nprog_tag:\t51f58b8edaad13c0\nmemlock:\t4096\nprog_id:\t77\n")
	descriptor(other, 4, "anon_inode:bpf-map", "map_id:\t5\n")
	descriptor(other, 5, "socket:[123]", "prog_id:\t78\n")
	descriptor(os.Getpid(), 3, "anon_inode:bpf-prog", "prog_id:\t79\n")
	assert.Equal(t, map[uint32]int{77: other}, owners(root))

	require.NoError(t, os.WriteFile(filepath.Join(root, fmt.Sprint(other), "comm"), []byte("otelcol-sloe\n"), 0o600))
	assert.Equal(t, "otelcol-sloe", nameOf(root, other))
	assert.Empty(t, nameOf(root, other+1))
}
