// SPDX-License-Identifier: Apache-2.0

package process

import (
	"sync"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// Lookup returns what the kernel read of a process, false if it read nothing.
type Lookup func(record.Process) (*bpf.SocketProcessIdentity, bool)

// Registry remembers the identities of processes. It may be used from any
// goroutine.
type Registry struct {
	Lookup Lookup
	// ProcRoot is the /proc file system to fall back to.
	ProcRoot string
	// Pods names the pods of processes; nil names none.
	Pods *Pods

	mu    sync.RWMutex
	known map[record.Process]*Identity
}

// anonymous stands for a process of which nothing is known: the kernel had no
// room, and it is gone.
const anonymous = "unknown"

// maxKnown bounds what is remembered, about 32 MB: the kernel's map holds half as
// many, and only what is in that map is ever forgotten.
const maxKnown = 32768

// beyond stands for all processes that there was no room for.
var beyond = &Identity{Executable: anonymous}

// Unknown tells whether nothing is known of who a process is.
func (id *Identity) Unknown() bool { return id.Executable == anonymous && !id.UIDKnown }

// Get returns the identity of a process, the same pointer every time.
func (r *Registry) Get(p record.Process) *Identity {
	r.mu.RLock()
	id, ok := r.known[p]
	r.mu.RUnlock()
	if ok {
		return id
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if id, ok := r.known[p]; ok {
		return id
	}
	if len(r.known) >= maxKnown {
		return beyond
	}
	id = r.resolve(p)
	if r.known == nil {
		r.known = map[record.Process]*Identity{}
	}
	r.known[p] = id
	return id
}

func (r *Registry) resolve(p record.Process) *Identity {
	if raw, ok := r.Lookup(p); ok {
		id := FromKernel(p.Tgid, raw)
		id.AddPath(r.ProcRoot, p)
		id.setPod(r.Pods)
		return id
	}
	if p.Tgid != 0 {
		if id, ok := FromProc(r.ProcRoot, p); ok {
			id.setPod(r.Pods)
			return id
		}
	}
	return &Identity{PID: p.Tgid, Executable: anonymous}
}

// Forget drops a process and returns its identity, nil if it was not known.
func (r *Registry) Forget(p record.Process) *Identity {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := r.known[p]
	delete(r.known, p)
	return id
}

// Len returns the number of processes known.
func (r *Registry) Len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.known)
}
