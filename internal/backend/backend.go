// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// Backend is one way to hook the I/O of sockets.
type Backend struct {
	Name string
	// IO are the hooks on sends and receives.
	IO []Hook
	// Preemptible tells that its hooks may be preempted, on every kernel.
	Preemptible bool
	// Unseen says what of socket I/O passes these hooks by, one thing a line.
	Unseen []string
	// Cost is what its hooks took where they were measured: docs/benchmarks.md.
	Cost string
}

// The back-ends' names. Auto takes the first that works.
const (
	Auto   = "auto"
	Socket = "socket"
	Fexit  = "fexit"
)

// common hooks are those of every back-end: on processes and on the end of connections.
var common = []Hook{
	{Program: "process_exec", Kind: Tracepoint, Target: "sched_process_exec", Since: "3.4"},
	{Program: "process_exit", Kind: Tracepoint, Target: "sched_process_exit", Since: "2.6"},
	{Program: "sock_destroy", Kind: Tracepoint, Target: "tcp_destroy_sock", Since: "4.15"},
	{Program: "sock_state", Kind: Tracepoint, Target: "inet_sock_set_state", Since: "4.16"},
}

// utilities are the programs that are not attached to an event.
var utilities = []string{"list_open", "list_conns", "list_listeners", "find_listeners", "sweep", "learn_self"}

// backends in the order in which Auto tries them: the cheapest first.
var backends = []*Backend{
	{
		Name: Socket,
		IO: []Hook{
			{Program: "sock_arrival", Kind: Tracepoint, Target: "sk_data_ready", Since: "6.3", QueueTime: true},
			{Program: "sock_recv", Kind: Tracepoint, Target: "sock_recv_length", Since: "6.3"},
			{Program: "sock_send", Kind: Tracepoint, Target: "sock_send_length", Since: "6.3"},
		},
		Unseen: []string{
			"splice from a socket, TCP_ZEROCOPY_RECEIVE",
			"sendfile and splice to a socket before Linux 6.5",
		},
		Cost: "about 0.45 us a receive or a send of HTTP/1, 0.1 us of a connection of no interest, 0.1 us an arrival of bytes for queue times; nothing at other system calls",
	},
	{
		Name:        Fexit,
		Preemptible: true,
		IO: []Hook{
			{Program: "sock_readable", Kind: FunctionEntry, Target: "sock_def_readable", Since: "2.6", QueueTime: true},
			{Program: "inet_recv", Kind: FunctionExit, Target: "inet_recvmsg", Since: "2.6"},
			{Program: "inet6_recv", Kind: FunctionExit, Target: "inet6_recvmsg", Since: "5.3", Module: "ipv6", Optional: true},
			{Program: "inet_send", Kind: FunctionExit, Target: "inet_sendmsg", Since: "2.6"},
			{Program: "inet6_send", Kind: FunctionExit, Target: "inet6_sendmsg", Since: "5.3", Module: "ipv6", Optional: true},
			{Program: "unix_recv", Kind: FunctionExit, Target: "unix_stream_recvmsg", Since: "4.1", Module: "unix", Optional: true},
			{Program: "unix_send", Kind: FunctionExit, Target: "unix_stream_sendmsg", Since: "4.1", Module: "unix", Optional: true},
			{Program: "tcp_send_page", Kind: FunctionExit, Target: "tcp_sendpage", Since: "2.6, until 6.4", Optional: true},
			{Program: "unix_send_page", Kind: FunctionExit, Target: "unix_stream_sendpage", Since: "4.2, until 6.4", Module: "unix", Optional: true},
		},
		Unseen: []string{
			"splice from a socket, TCP_ZEROCOPY_RECEIVE",
		},
		Cost: "not measured by itself: what the hooks of socket do, behind the exits of functions that UDP passes too",
	},
}

// All back-ends, in the order in which Auto tries them.
func All() []*Backend { return backends }

// Names are what a configuration may say.
func Names() []string {
	names := []string{Auto}
	for _, b := range backends {
		names = append(names, b.Name)
	}
	return names
}

// Candidates are the back-ends that a configuration allows, in the order in which
// they are to be tried; none for a name that does not exist.
func Candidates(name string) []*Backend {
	if name == Auto {
		return backends
	}
	i := slices.IndexFunc(backends, func(b *Backend) bool { return b.Name == name })
	if i < 0 {
		return nil
	}
	return backends[i : i+1]
}

// helpers of the kernel that every back-end calls, and that not every kernel has which
// has the hooks.
var helpers = []struct{ name, since string }{
	{"task_pt_regs", "5.15"},
	{"skc_to_unix_sock", "5.16"},
	{"loop", "5.17"},
}

// checkHelpers fails if the kernel lacks a helper, by its type information.
func checkHelpers(types *btf.Spec) error {
	var known *btf.Enum
	if err := types.TypeByName("bpf_func_id", &known); err != nil {
		return fmt.Errorf("find the kernel's helpers in its type information: %w", err)
	}
	for _, h := range helpers {
		if !slices.ContainsFunc(known.Values, func(v btf.EnumValue) bool { return v.Name == "BPF_FUNC_"+h.name }) {
			return fmt.Errorf("%w: the kernel %s has no helper bpf_%s, which Linux has since %s", ErrUnsupported, Release(), h.name, h.since)
		}
	}
	return nil
}

// Hooks are those that the back-end has on a kernel with these types, in the order
// in which they are to be attached: what ends and names processes before what opens
// exchanges, and arrivals before the reads that ask for them. It fails, naming the
// first, if the kernel lacks one that it needs, or a helper.
func (b *Backend) Hooks(types *btf.Spec, queueTime bool) ([]Hook, error) {
	if err := checkHelpers(types); err != nil {
		return nil, err
	}
	var hooks []Hook
	for _, h := range slices.Concat(common, b.IO) {
		switch {
		case h.QueueTime && !queueTime:
		case h.in(types):
			hooks = append(hooks, h)
		case !h.Optional:
			return nil, h.missing()
		}
	}
	return hooks, nil
}

// Keep removes the programs from the specification that are neither of these hooks
// nor utilities: what is not loaded need not suit this kernel.
func Keep(spec *ebpf.CollectionSpec, hooks []Hook) {
	for name := range spec.Programs {
		used := slices.Contains(utilities, name) || slices.ContainsFunc(hooks, func(h Hook) bool { return h.Program == name })
		if !used {
			delete(spec.Programs, name)
		}
	}
}

// KernelTypes reads the running kernel's type information.
func KernelTypes() (*btf.Spec, error) {
	types, err := btf.LoadKernelSpec()
	if err != nil {
		return nil, fmt.Errorf("%w: the kernel's type information (/sys/kernel/btf/vmlinux) cannot be read: %w. "+
			"It needs a kernel with CONFIG_DEBUG_INFO_BTF, and /sys to be mounted", ErrUnsupported, err)
	}
	return types, nil
}
