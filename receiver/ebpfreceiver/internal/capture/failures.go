// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"
	"net/netip"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// Failure counts the connections that never came to be, of one process to one
// address for one reason, since the process's first. Beyond 64 addresses of a process
// they are counted together, without one.
type Failure struct {
	Process record.Process
	Remote  netip.AddrPort // not valid if it is one of many
	Reason  string
	Count   uint64
}

// failureReasons are the values of error.type.
var failureReasons = map[bpf.SocketFailure]string{
	bpf.SocketFailureFAILURE_OTHER:       "_OTHER",
	bpf.SocketFailureFAILURE_REFUSED:     "refused",
	bpf.SocketFailureFAILURE_TIMED_OUT:   "timed_out",
	bpf.SocketFailureFAILURE_RESET:       "reset",
	bpf.SocketFailureFAILURE_UNREACHABLE: "unreachable",
	bpf.SocketFailureFAILURE_ABANDONED:   "abandoned",
}

// insertAnonymousFailures makes the keys that take the counts of a full map.
func (c *Capture) insertAnonymousFailures() error {
	for reason := range failureReasons {
		if err := c.objects.Failures.Put(bpf.SocketFailureKey{Reason: uint8(reason)}, uint64(0)); err != nil {
			return fmt.Errorf("prepare the failures: %w", err)
		}
	}
	return nil
}

// Failures lists the failed connects.
func (c *Capture) Failures() ([]Failure, error) {
	var out []Failure
	var key bpf.SocketFailureKey
	var n uint64
	it := c.objects.Failures.Iterate()
	for it.Next(&key, &n) {
		if n == 0 {
			continue
		}
		f := Failure{Process: key.Process, Reason: failureReasons[bpf.SocketFailure(key.Reason)], Count: n}
		if key.Port != 0 {
			f.Remote = netip.AddrPortFrom(netip.AddrFrom16(key.Addr).Unmap(), key.Port)
		}
		out = append(out, f)
	}
	if err := it.Err(); err != nil {
		return out, fmt.Errorf("read the failed connects: %w", err)
	}
	return out, nil
}

// forgetFailures deletes the counts of a process that is gone.
func (c *Capture) forgetFailures(p record.Process) {
	var key bpf.SocketFailureKey
	var n uint64
	var of []bpf.SocketFailureKey
	for it := c.objects.Failures.Iterate(); it.Next(&key, &n); {
		if key.Process == p {
			of = append(of, key)
		}
	}
	for _, key := range of {
		_ = c.objects.Failures.Delete(key) // absent is as good
	}
}
