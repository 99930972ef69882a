// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// percent shows a share, with as many digits as tell states apart. A nil share
// is one that nobody knows.
func percent(share any) string {
	switch v := share.(type) {
	case float64:
		return strconv.FormatFloat(v*100, 'f', 2, 64) + " %"
	case *float64:
		if v != nil {
			return percent(*v)
		}
	}
	return "unknown"
}

// number groups digits in threes, as counts are long.
func number(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(d)
	}
	return out.String()
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// why words a reason.
func why(r budgetapi.Reason) string {
	switch policy.Code(r.Code) {
	case policy.BudgetOK:
		return fmt.Sprintf("%s has %s of its budget left", r.SLO, percent(r.Value))
	case policy.BudgetBelowNormal, policy.BudgetBelowCanary:
		return fmt.Sprintf("%s has %s of its budget left, less than %s", r.SLO, percent(r.Value), percent(r.Limit))
	case policy.IdleService:
		return "no requests in the window"
	case policy.NeverSeen:
		return "never seen"
	case policy.BelowMinEvents:
		return fmt.Sprintf("%s has %v events, %v are needed", r.SLO, r.Value, r.Limit)
	case policy.NotMeasured:
		return "nobody measures it now"
	case policy.ServiceDown:
		return fmt.Sprintf("%v requests are open and none is answered", r.Value)
	case policy.FastBurn:
		return fmt.Sprintf("the budget of %s burns fast: an alert fires", r.SLO)
	case policy.LowCoverage:
		return fmt.Sprintf("%s of the window was measured, %s are needed", percent(r.Value), percent(r.Limit))
	case policy.Recovering:
		return "the budget recovers: a better state has to last"
	case policy.ChangePasses:
		return "this kind of change may pass a freeze"
	case policy.Shadow:
		return "on trial: nothing is stopped"
	case policy.DefaultTier:
		return "not in the catalogue: tier3's defaults"
	}
	return r.Code
}
