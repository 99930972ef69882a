// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// statusFile writes a /proc/PID/status with these effective capabilities; a
// process may have more of them permitted.
func statusFile(t *testing.T, effective string) string {
	file := filepath.Join(t.TempDir(), "status")
	text := "Name:\totelcol-sloe\nUid:\t65534\t65534\t65534\t65534\nCapInh:\t0000000000000000\n" +
		"CapPrm:\t000001ffffffffff\nCapEff:\t" + effective + "\nCapBnd:\t000001ffffffffff\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

const howToGet = ". Run as root, or grant just these: `setcap cap_bpf,cap_perfmon+ep otelcol-sloe`, " +
	"systemd `AmbientCapabilities=CAP_BPF CAP_PERFMON`, Kubernetes `securityContext.capabilities.add: [BPF, PERFMON]`"

func TestCheckCapabilities(t *testing.T) {
	bits := func(capabilities ...uint) string {
		var all uint64
		for _, c := range capabilities {
			all |= 1 << c
		}
		return fmt.Sprintf("%016x", all)
	}
	const (
		host       = "this host does not let the ebpf receiver work: "
		forBPF     = "CAP_BPF to load BPF programs and maps"
		forPerfmon = "CAP_PERFMON to attach them to tracepoints and to read memory of the traced processes"
	)
	tests := []struct {
		what      string
		effective string
		want      string // all of the error
	}{
		{"none", bits(), host + "missing CAP_BPF and CAP_PERFMON (" + forBPF + "; " + forPerfmon + ")" + howToGet},
		{"CAP_BPF alone", bits(unix.CAP_BPF), host + "missing CAP_PERFMON (" + forPerfmon + ")" + howToGet},
		{"CAP_PERFMON alone", bits(unix.CAP_PERFMON), host + "missing CAP_BPF (" + forBPF + ")" + howToGet},
		{"others do not help", bits(unix.CAP_NET_ADMIN, unix.CAP_SYS_PTRACE, unix.CAP_PERFMON), host + "missing CAP_BPF (" + forBPF + ")" + howToGet},
		{"both", bits(unix.CAP_BPF, unix.CAP_PERFMON), ""},
		{"CAP_SYS_ADMIN holds both", bits(unix.CAP_SYS_ADMIN), ""},
		{"root", "000001ffffffffff", ""},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			err := CheckCapabilities(statusFile(t, tt.effective))
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
			require.ErrorIs(t, err, ErrUnsupported)
		})
	}
}

func TestCapabilitiesThatCannotBeRead(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "status")
	err := CheckCapabilities(missing)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "read the process's capabilities")

	require.NoError(t, os.WriteFile(missing, []byte("Name:\tx\n"), 0o600))
	require.EqualError(t, CheckCapabilities(missing), "read the process's capabilities: no CapEff in "+missing)

	require.ErrorContains(t, CheckCapabilities(statusFile(t, "not hexadecimal")), "invalid syntax")
}

// TestEffectiveCapabilitiesOfThisProcess reads the real file.
func TestEffectiveCapabilitiesOfThisProcess(t *testing.T) {
	effective, err := effectiveCapabilities("/proc/self/status")
	require.NoError(t, err)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	require.NoError(t, unix.Capget(&header, &data[0]))
	assert.Equal(t, uint64(data[1].Effective)<<32|uint64(data[0].Effective), effective)
}
