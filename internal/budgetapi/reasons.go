// SPDX-License-Identifier: Apache-2.0

package budgetapi

import (
	"fmt"
	"strconv"
)

// Reasons words the causes of a state in one phrase each, for places that show
// text alone: a comment, a warning, a log. The codes are what programs read.
func Reasons(reasons []Reason) []string {
	out := make([]string, 0, len(reasons))
	for _, r := range reasons {
		out = append(out, r.String())
	}
	return out
}

// String words one cause, such as
// "BUDGET_BELOW_CANARY http_availability 19.98 %, limit 20 %".
func (r Reason) String() string {
	s := r.Code
	if r.SLO != "" {
		s += " " + r.SLO
	}
	share := r.Code == "BUDGET_OK" || r.Code == "BUDGET_BELOW_NORMAL" || r.Code == "BUDGET_BELOW_CANARY"
	if r.Value != nil {
		s += " " + word(r.Value, share)
	}
	if r.Limit != nil {
		s += ", limit " + word(r.Limit, share)
	}
	return s
}

// word shows a value, or a share as per cent with two digits.
func word(v any, share bool) string {
	if f, ok := v.(float64); ok && share {
		return strconv.FormatFloat(float64(int64(f*10_000+half(f)))/100, 'f', -1, 64) + " %"
	}
	return fmt.Sprint(v)
}

func half(f float64) float64 {
	if f < 0 {
		return -0.5
	}
	return 0.5
}
