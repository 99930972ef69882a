// SPDX-License-Identifier: Apache-2.0

package assess

import (
	"cmp"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
)

// compareWorst puts first what needs a person first: releases that are stopped,
// then those that are restricted, and the least budget first among equals.
func compareWorst(a, b Assessment) int {
	if c := cmp.Compare(urgency(a.Verdict), urgency(b.Verdict)); c != 0 {
		return c
	}
	x, y := a.Worst(), b.Worst()
	switch {
	case x != nil && y != nil && x.Spend.Less(y.Spend):
		return -1
	case x != nil && y != nil && y.Spend.Less(x.Spend):
		return 1
	}
	return budget.CompareServices(a.Service, b.Service)
}

func urgency(v policy.Verdict) int {
	switch {
	case v.State == policy.Freeze:
		return 0
	case !v.Allow:
		return 1
	case v.State == policy.Canary:
		return 2
	case v.State == policy.Unknown:
		return 3
	}
	return 4
}
