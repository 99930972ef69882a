// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"errors"
	"fmt"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
)

// AnyPort is the bit that the mask of every port has.
const AnyPort = uint64(1) << 63

// maxPortConditions of one policy: two of them, the one in force and the one that
// replaces it, share the other bits.
const maxPortConditions = 31

// Verdict is what is to be done with a process: a request is wanted if the mask
// of its port meets Include and does not meet Exclude.
type Verdict = bpf.SocketVerdict

// Everything is the verdict on each process where there is no policy.
var Everything = Verdict{Include: AnyPort}

// Wants tells whether a verdict wants the requests on a port of the mask.
func Wants(v Verdict, mask uint64) bool { return v.Include&mask != 0 && v.Exclude&mask == 0 }

// LeavesOut tells whether a verdict wants none, on whatever port.
func LeavesOut(v Verdict) bool { return v.Include == 0 || v.Exclude&AnyPort != 0 }

// Policy is a set of lists that is in force. It does not change.
type Policy struct {
	include []rule
	exclude []rule
	ports   portBits
	upper   bool // its conditions of ports have the upper half of the bits
}

// rule is an entry, ready to be compared.
type rule struct {
	entry Entry
	users []uint32
	bit   uint64 // of its ports; AnyPort if it has no such condition
}

// Compile makes a policy that can replace another, nil if there is none: while
// both are in force in parts of the kernel, no bit means something in both.
func Compile(l *Lists, replaces *Policy) (*Policy, error) {
	p := &Policy{upper: replaces != nil && !replaces.upper}
	next := uint(0)
	if p.upper {
		next = maxPortConditions
	}
	end := next + maxPortConditions
	var errs []error
	compile := func(key string, entries []Entry) []rule {
		var rules []rule
		for i := range entries {
			r, ranges, err := compileEntry(&entries[i])
			if err != nil {
				errs = append(errs, fmt.Errorf("%s[%d]: %w", key, i, err))
				continue
			}
			if len(ranges) > 0 {
				if next == end {
					errs = append(errs, fmt.Errorf("%s[%d]: `port` is in more than %d entries: name more ports in fewer entries", key, i, maxPortConditions))
					continue
				}
				r.bit = uint64(1) << next
				next++
				p.ports.set(r.bit, ranges)
			}
			rules = append(rules, r)
		}
		return rules
	}
	p.include, p.exclude = compile("include", l.Include), compile("exclude", l.Exclude)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, nil
}

func compileEntry(e *Entry) (rule, []PortRange, error) {
	r := rule{entry: *e, bit: AnyPort}
	var ranges []PortRange
	var errs []error
	any := false
	for key, values := range e.conditions() {
		for _, v := range *values {
			any = true
			if v == "" {
				errs = append(errs, fmt.Errorf("`%s` must not be empty: leave it out to allow all", key))
			}
		}
	}
	if !any {
		errs = append(errs, fmt.Errorf("an entry must have a condition: one of %v", names(e.conditions())))
	}
	for _, text := range e.Port {
		ports, err := ParsePorts(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("`port`: %w", err))
		}
		ranges = append(ranges, ports)
	}
	for _, name := range e.User {
		uid, err := userID(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("`user`: %w", err))
		}
		r.users = append(r.users, uid)
	}
	return r, ranges, errors.Join(errs...)
}

// Decide returns the verdict on a process.
func (p *Policy) Decide(id *process.Identity) Verdict {
	v := Verdict{Exclude: masks(p.exclude, id)}
	if len(p.include) == 0 {
		v.Include = AnyPort
	} else {
		v.Include = masks(p.include, id)
	}
	return v
}

// Unknown returns the verdict on a process of which nothing is known: it may be one
// that a list would leave out.
func (p *Policy) Unknown() Verdict {
	if len(p.include) == 0 && len(p.exclude) == 0 {
		return Everything
	}
	return Verdict{}
}

// PortMask returns the mask of a port.
func (p *Policy) PortMask(port uint16) uint64 { return p.ports.of(port) }

// NeedsPorts tells whether a condition is about ports.
func (p *Policy) NeedsPorts() bool { return p.ports != nil }

func masks(rules []rule, id *process.Identity) uint64 {
	var mask uint64
	for i := range rules {
		if rules[i].fits(id) {
			mask |= rules[i].bit
		}
	}
	return mask
}
