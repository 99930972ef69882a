// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
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

// minute shows an instant as people name it.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func instant(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// may says in words what a release of the service may do.
func may(s budgetapi.ServiceBudget) string {
	switch {
	case !s.Allow:
		return "may not release"
	case s.State == budgetapi.StateCanary:
		return "may release as a canary"
	}
	return "may release"
}

// next says how long the next better state is away.
func next(n *budgetapi.Next, now time.Time) string {
	return n.State + " in " + away(n.Earliest.Sub(now)) + " if nothing fails"
}

// burning says when a budget that burns will be exhausted, and nothing of others:
// what they are is said beside it.
func burning(f *budgetapi.Forecast) string {
	if f == nil || f.Outlook != budgetapi.OutlookBurning {
		return ""
	}
	return f.SLO + " " + f.String()
}

// away words a time to wait in its two largest units.
func away(d time.Duration) string {
	minutes := int64(max(d, 0) / time.Minute)
	days, hours, minutes := minutes/1440, minutes/60%24, minutes%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	}
	return fmt.Sprintf("%d min", minutes)
}

// rate words a burn rate: more than 1 spends the budget before the window ends.
func rate(b assess.Burn) string {
	r, ok := b.Rate()
	if !ok {
		return "no events"
	}
	return strconv.FormatFloat(r, 'f', 2, 64) + "x"
}

// short words a length of whole hours.
func short(d time.Duration) string { return strconv.Itoa(int(d/time.Hour)) + " h" }

// days words a window.
func days(d time.Duration) string { return strconv.Itoa(int(d/(24*time.Hour))) + " d" }

// hours words the length of a stretch.
func hours(m slo.Minute) string { return strconv.Itoa(int(m/60)) + " h" }

// brief leaves out objectives that are well where anything else is said.
func brief(reasons []budgetapi.Reason) []budgetapi.Reason {
	var out []budgetapi.Reason
	for _, r := range reasons {
		if policy.Code(r.Code) != policy.BudgetOK {
			out = append(out, r)
		}
	}
	if len(out) == 0 && len(reasons) > 0 {
		return reasons[:1]
	}
	return out
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
	case policy.QueueTimeUnknown:
		return r.SLO + " is about what callers felt, and nobody says how long their requests waited"
	case policy.EventsUnmeasured:
		return fmt.Sprintf("%s had %v events, and of none it is known how it ended", r.SLO, r.Value)
	case policy.NotMeasured:
		return "nobody measures it now"
	case policy.ServiceDown:
		return fmt.Sprintf("%v requests are open and none is answered", r.Value)
	case policy.FastBurn:
		return fmt.Sprintf("the budget of %s burns fast: an alert fires", r.SLO)
	case policy.LowCoverage:
		if r.SLO != "" {
			return fmt.Sprintf("%s of what %s is about was measured, %s are needed", percent(r.Value), r.SLO, percent(r.Limit))
		}
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
