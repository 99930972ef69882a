// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
)

// Kind of a hook, as its section of the object is named.
type Kind string

// The kinds of hooks in use.
const (
	Tracepoint    Kind = "tp_btf"
	FunctionEntry Kind = "fentry"
	FunctionExit  Kind = "fexit"
)

// A Hook is one program of the object and where it is attached.
type Hook struct {
	Program string // in the object
	Kind    Kind
	Target  string // tracepoint or function
	Since   string // the version of Linux that has the target
	// Module is where the target is if it is not built into the kernel.
	Module string
	// Optional hooks are left out on a kernel without their target, which then
	// does not need them.
	Optional bool
	// QueueTime hooks are attached only if queue times are asked for.
	QueueTime bool
}

// String is the hook as the kernel's tools write it.
func (h Hook) String() string { return string(h.Kind) + "/" + h.Target }

// in reports whether the kernel has the hook's target, by its type information.
func (h Hook) in(types *btf.Spec) bool {
	if h.lookUp(types) {
		return true
	}
	if h.Module == "" {
		return false
	}
	module, err := btf.LoadKernelModuleSpec(h.Module)
	return err == nil && h.lookUp(module)
}

func (h Hook) lookUp(types *btf.Spec) bool {
	if h.Kind == Tracepoint {
		var typedef *btf.Typedef
		return types.TypeByName("btf_trace_"+h.Target, &typedef) == nil
	}
	var function *btf.Func
	return types.TypeByName(h.Target, &function) == nil
}

// missing says that the kernel has no such target.
func (h Hook) missing() error {
	what := "function"
	if h.Kind == Tracepoint {
		what = "tracepoint"
	}
	return fmt.Errorf("%w: the kernel %s has no %s %s, which Linux has since %s", ErrUnsupported, Release(), what, h.Target, h.Since)
}

// Attach hooks the loaded program.
func (h Hook) Attach(p *ebpf.Program) (link.Link, error) {
	l, err := link.AttachTracing(link.TracingOptions{Program: p})
	if err != nil {
		return nil, fmt.Errorf("attach %s: %w", h, err)
	}
	return l, nil
}
