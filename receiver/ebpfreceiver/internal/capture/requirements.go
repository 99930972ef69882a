// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// ErrUnsupported is wrapped by the errors of Open that no retry can mend: a
// capability or a kernel feature is missing.
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

// checkCapabilities names what is missing and how to get it.
func checkCapabilities(status string) error {
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

// tracepoint is a hook of the back-end and the version of Linux that has it.
type tracepoint struct {
	name  string
	since string
}

var socketTracepoints = []tracepoint{
	{"sock_send_length", "6.3"},
	{"sock_recv_length", "6.3"},
	{"sk_data_ready", "6.3"},
	{"inet_sock_set_state", "4.16"},
	{"tcp_destroy_sock", "4.15"},
	{"sched_process_exit", "2.6"},
	{"sched_process_exec", "3.4"},
}

// checkKernel looks for the hooks in the kernel's type information; versions
// tell nothing of a kernel with features carried over.
func checkKernel() error {
	types, err := btf.LoadKernelSpec()
	if err != nil {
		return fmt.Errorf("%w: the kernel's type information (/sys/kernel/btf/vmlinux) cannot be read: %w. "+
			"It needs a kernel with CONFIG_DEBUG_INFO_BTF, and /sys to be mounted", ErrUnsupported, err)
	}
	for _, t := range socketTracepoints {
		var typedef *btf.Typedef
		if err := types.TypeByName("btf_trace_"+t.name, &typedef); err != nil {
			return fmt.Errorf("%w: the kernel %s has no tracepoint %s, which Linux has since %s",
				ErrUnsupported, release(), t.name, t.since)
		}
	}
	return nil
}

func release() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "of unknown version"
	}
	return unix.ByteSliceToString(u.Release[:])
}
