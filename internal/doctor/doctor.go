// SPDX-License-Identifier: Apache-2.0

// Package doctor looks at a host with the receiver's eyes: which ways to hook the
// kernel work, what is missing for those that do not, and what of the receiver's
// options the host does not give.
package doctor // import "github.com/sloe-dev/sloe/internal/doctor"

import (
	"runtime"

	"github.com/cilium/ebpf/btf"

	"github.com/sloe-dev/sloe/internal/backend"
)

// Report is what was found.
type Report struct {
	Kernel       string `json:"kernel"`
	Architecture string `json:"architecture"`
	// Works tells whether the receiver can start here, and Backend what `auto` takes.
	Works    bool      `json:"works"`
	Backend  string    `json:"backend,omitempty"`
	Backends []Backend `json:"backends"`
	Checks   []Check   `json:"checks"`
}

// Backend is one way to hook the kernel.
type Backend struct {
	Name  string `json:"name"`
	Works bool   `json:"works"`
	// Hooks are those that were attached, of a back-end that works.
	Hooks []string `json:"hooks,omitempty"`
	// Missing says why it does not work.
	Missing string `json:"missing,omitempty"`
	// Unseen is what of socket I/O passes it by.
	Unseen []string `json:"unseen"`
	// Cost of its hooks, as measured once: docs/benchmarks.md says how.
	Cost string `json:"cost"`
}

// State of a check.
type State string

// States of a check.
const (
	OK State = "ok"
	// Note: something works less well, or not at all, and the receiver does.
	Note State = "note"
	// Missing: the receiver does not work without it.
	Missing State = "missing"
)

// Check is one thing that was looked at.
type Check struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Says what was found.
	Says string `json:"says"`
	// Needed says what of the receiver needs it.
	Needed string `json:"needed"`
}

// Host is where to look. The zero value is not useful: see This.
type Host struct {
	Proc, Sys string
	// Types reads the kernel's type information.
	Types func() (*btf.Spec, error)
	// Try tries a back-end.
	Try func(*backend.Backend, *btf.Spec) ([]backend.Hook, error)
	// Synchronized asks the kernel whether its clock follows others.
	Synchronized func() (bool, error)
}

// This is the host that the program runs on.
func This() Host {
	return Host{
		Proc: "/proc", Sys: "/sys", Types: backend.KernelTypes, Synchronized: synchronized,
		Try: func(b *backend.Backend, types *btf.Spec) ([]backend.Hook, error) { return b.Try(types, true) },
	}
}

// Examine looks at everything. Back-ends are tried if the capabilities are there.
func (h Host) Examine() Report {
	r := Report{Kernel: backend.Release(), Architecture: runtime.GOARCH}
	capable := h.capabilities(&r)
	types, typesErr := h.Types()
	r.add("btf", typesErr, "the kernel's type information is there", "all of the receiver")
	for _, b := range backend.All() {
		found := Backend{Name: b.Name, Unseen: b.Unseen, Cost: b.Cost}
		var hooks []backend.Hook
		err := typesErr
		switch {
		case err != nil:
		case !capable: // what the kernel has can be said, and not what it takes
			if _, err = b.Hooks(types, true); err == nil {
				err = errNotTried
			}
		default:
			hooks, err = h.Try(b, types)
		}
		if err != nil {
			found.Missing = err.Error()
		} else {
			found.Works = true
			for _, hook := range hooks {
				found.Hooks = append(found.Hooks, hook.String())
			}
			if !r.Works {
				r.Works, r.Backend = true, b.Name
			}
		}
		r.Backends = append(r.Backends, found)
	}
	h.options(&r)
	return r
}

// add adds a check that is missing if there is an error.
func (r *Report) add(name string, err error, says, needed string) {
	c := Check{Name: name, State: OK, Says: says, Needed: needed}
	if err != nil {
		c.State, c.Says = Missing, err.Error()
	}
	r.Checks = append(r.Checks, c)
}
