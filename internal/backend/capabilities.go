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
	if effective&(1<<unix.CAP_SYS_ADMIN) != 0 {
		return nil // holds both
	}
	var missing, uses []string
	for _, c := range capabilities {
		if effective&(1<<c.bit) == 0 {
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
