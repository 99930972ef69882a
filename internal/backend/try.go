// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"errors"
	"fmt"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/bpf"
)

// Try loads a back-end's programs into the kernel, attaches them and takes them away
// again, and returns its hooks. Nothing else tells whether it works: a kernel may have
// a hook and refuse it. Meanwhile, for some milliseconds, sockets carry its state.
func (b *Backend) Try(types *btf.Spec, queueTime bool) (hooks []Hook, err error) {
	if hooks, err = b.Hooks(types, queueTime); err != nil {
		return nil, err
	}
	_ = rlimit.RemoveMemlock() // needed before Linux 5.11 only; where it fails, loading says so
	spec, err := bpf.LoadSocket()
	if err != nil {
		return nil, fmt.Errorf("read the compiled programs: %w", err)
	}
	spec.Maps[bpf.SocketMapRecords].MaxEntries = uint32(os.Getpagesize()) // nobody reads it
	Keep(spec, hooks)
	collection, err := ebpf.NewCollection(spec)
	if errors.Is(err, unix.EPERM) { // the verifier's refusals are EACCES and others
		return nil, fmt.Errorf("%w: the kernel %s does not allow such programs: %w", ErrUnsupported, Release(), err)
	}
	if err != nil {
		return nil, fmt.Errorf("load the programs into the kernel %s: %w", Release(), err)
	}
	defer collection.Close()
	for _, h := range hooks {
		l, err := h.Attach(collection.Programs[h.Program])
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, l.Close()) }()
	}
	return hooks, nil
}
