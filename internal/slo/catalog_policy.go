// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// policyKeys are the keys of a policy, in the order in which errors list them.
var policyKeys = []string{"normal_at", "canary_at", "canary_weight", "hysteresis", "dwell", "coverage_limit", "pass_freeze", "shadow"}

// maxDwell bounds the dwell: a state that takes longer to get better is a freeze
// by hand, which an override is for.
const maxDwell = 7 * day

// readPolicy lays the key policy of a mapping over another policy.
func readPolicy(parent *fields, base Policy) Policy {
	node := parent.values["policy"]
	f := parent.errs.mapping(parent.key("policy"), node)
	f.allow(policyKeys...)
	p, faults := base, len(f.errs.errs)
	f.parse("normal_at", share(&p.NormalAt))
	f.parse("canary_at", share(&p.CanaryAt))
	f.parse("hysteresis", share(&p.Hysteresis))
	f.parse("coverage_limit", share(&p.CoverageLimit))
	f.parse("canary_weight", func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return fmt.Errorf("must be a whole number of per cent from 1 to 100, not %q", text)
		}
		p.CanaryWeight = n
		return nil
	})
	f.parse("dwell", func(text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || d > maxDwell || d%time.Minute != 0 {
			return fmt.Errorf("must be whole minutes from 0m to %dh, such as 30m, not %q", maxDwell/time.Hour, text)
		}
		p.Dwell = d
		return nil
	})
	f.parse("shadow", func(text string) error {
		if text != "true" && text != "false" {
			return fmt.Errorf("must be true or false, not %q", text)
		}
		p.Shadow = text == "true"
		return nil
	})
	f.readPassFreeze(&p)
	if len(f.errs.errs) == faults {
		if err := p.check(); err != nil {
			f.errs.at(node, "%s: %v", f.path, err)
		}
	}
	return p
}

func (f *fields) readPassFreeze(p *Policy) {
	if _, given := f.values["pass_freeze"]; given {
		p.PassFreeze = nil
	}
	for i, item := range f.list("pass_freeze") {
		if err := oneOf(Changes()...)(item.Value); err != nil {
			f.fail(item, fmt.Sprintf("pass_freeze[%d]", i), err)
		} else if !slices.Contains(p.PassFreeze, item.Value) {
			p.PassFreeze = append(slices.Clip(p.PassFreeze), item.Value)
		}
	}
}

// check tells what is wrong with the limits together.
func (p Policy) check() error {
	if p.CanaryAt.Cmp(p.NormalAt.Num, p.NormalAt.Den) > 0 {
		return fmt.Errorf("canary_at (%s) must be normal_at (%s) or less", p.CanaryAt, p.NormalAt)
	}
	if p.NormalAt.Complement().Cmp(p.Hysteresis.Num, p.Hysteresis.Den) < 0 {
		return fmt.Errorf("normal_at (%s) and hysteresis (%s) must add up to 1 or less: no budget ever gets back to more", p.NormalAt, p.Hysteresis)
	}
	return nil
}

// share reads a decimal from 0 to 1.
func share(r *Ratio) func(text string) error {
	return func(text string) error {
		parsed, err := ParseRatio(text)
		if strings.HasPrefix(text, "+") {
			err = errors.New("signed")
		}
		if err != nil {
			return fmt.Errorf("must be a decimal from 0 to 1 with at most %d digits after the point, not %q", maxRatioDigits, text)
		}
		*r = parsed
		return nil
	}
}
