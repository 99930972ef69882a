// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrUnsupported is wrapped by the errors that no retry can mend: a capability or a
// kernel feature is missing.
var ErrUnsupported = errors.New("this host does not let the ebpf receiver work")

type capability struct {
	name string
	bit  uint
	use  string
}

var capabilities = []capability{
	{"CAP_BPF", unix.CAP_BPF, "to load BPF programs and maps"},
	{"CAP_PERFMON", unix.CAP_PERFMON, "to attach them to tracepoints and to read memory of the traced processes"},
}

// CheckCapabilities reads a /proc/PID/status, and names what is missing and how to
// get it.
func CheckCapabilities(status string) error {
	effective, err := effectiveCapabilities(status)
	if err != nil {
		return err
	}
	var missing, uses []string
	for _, c := range capabilities {
		if !holds(effective, c.bit) {
			missing = append(missing, c.name)
			uses = append(uses, c.name+" "+c.use)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: missing %s (%s). Run as root, or grant just these: `setcap cap_bpf,cap_perfmon+ep otelcol-sloe`, "+
		"systemd `AmbientCapabilities=CAP_BPF CAP_PERFMON`, Kubernetes `securityContext.capabilities.add: [BPF, PERFMON]`",
		ErrUnsupported, strings.Join(missing, " and "), strings.Join(uses, "; "))
}

// holds tells whether a capability is held: CAP_SYS_ADMIN holds those of BPF.
func holds(effective uint64, bit uint) bool {
	return effective&(1<<bit|1<<unix.CAP_SYS_ADMIN) != 0
}

// Capability is one that the receiver needs, and whether it is held.
type Capability struct {
	Name string
	For  string
	Held bool
}

// Capabilities returns those that the receiver needs, by a /proc/PID/status.
func Capabilities(status string) ([]Capability, error) {
	effective, err := effectiveCapabilities(status)
	if err != nil {
		return nil, err
	}
	all := make([]Capability, len(capabilities))
	for i, c := range capabilities {
		all[i] = Capability{Name: c.name, For: c.use, Held: holds(effective, c.bit)}
	}
	return all, nil
}

// effectiveCapabilities reads CapEff of a /proc/PID/status.
func effectiveCapabilities(status string) (uint64, error) {
	b, err := os.ReadFile(status)
	if err != nil {
		return 0, fmt.Errorf("read the process's capabilities: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "CapEff:"); ok {
			return strconv.ParseUint(strings.TrimSpace(v), 16, 64)
		}
	}
	return 0, fmt.Errorf("read the process's capabilities: no CapEff in %s", status)
}

// Release of the running kernel, as uname says it.
func Release() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "of unknown version"
	}
	return unix.ByteSliceToString(u.Release[:])
}

// PreemptsTracepoints tells whether the running kernel may preempt the hooks of
// tracepoints.
func PreemptsTracepoints() bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return true // to be safe
	}
	return preemptsTracepoints(unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Version[:]))
}

// preemptsTracepoints: kernels for real time do, and all behind 6.18 are taken for such
// (7.3 was seen to).
func preemptsTracepoints(release, version string) bool {
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		return true
	}
	return major > 6 || (major == 6 && minor > 18) || strings.Contains(version, "PREEMPT_RT")
}
