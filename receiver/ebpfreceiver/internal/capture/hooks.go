// SPDX-License-Identifier: Apache-2.0

package capture

import "github.com/cilium/ebpf"

// hook is a program and what it is attached to.
type hook struct {
	tracepoint string
	program    *ebpf.Program
	queueTime  bool // needed for queue times only
}

// socketHooks returns those of the back-end `socket`, in the order in which they
// are attached: what ends and names processes before what opens exchanges, and
// arrivals before the reads that ask for them.
func (c *Capture) socketHooks() []hook {
	return []hook{
		{"sched_process_exec", c.objects.ProcessExec, false},
		{"sched_process_exit", c.objects.ProcessExit, false},
		{"tcp_destroy_sock", c.objects.SockDestroy, false},
		{"inet_sock_set_state", c.objects.SockState, false},
		{"sk_data_ready", c.objects.SockArrival, true},
		{"sock_recv_length", c.objects.SockRecv, false},
		{"sock_send_length", c.objects.SockSend, false},
	}
}
