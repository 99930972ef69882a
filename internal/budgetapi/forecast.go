// SPDX-License-Identifier: Apache-2.0

package budgetapi

import (
	"fmt"
	"time"
)

// Values of outlook.
const (
	// OutlookExhausted: nothing of the budget is left.
	OutlookExhausted = "exhausted"
	// OutlookBurning: at the present rate the budget will be exhausted.
	OutlookBurning = "burning"
	// OutlookUnanswered: requests are open and none is answered, so what they cost
	// is not known yet.
	OutlookUnanswered = "unanswered"
	// OutlookUnmeasured: nobody measures the service now.
	OutlookUnmeasured = "unmeasured"
	// OutlookLasting: the budget burns so slowly that the window is over before.
	OutlookLasting = "lasting"
	// OutlookNotBurning: nothing bad happened of late.
	OutlookNotBurning = "not_burning"
)

// Forecast says what becomes of a budget that goes on to burn as it does.
type Forecast struct {
	Outlook string `json:"outlook"`
	// SLO is the objective that the forecast is about, where it does not stand
	// beside it.
	SLO string `json:"slo,omitempty"`
	// BurnRate is the present rate, null if nothing was counted in the time that
	// Over says.
	BurnRate *float64 `json:"burn_rate"`
	Over     string   `json:"over"`
	// ExhaustedIn is after how many seconds nothing is left: 0 of an exhausted
	// budget, null if that is not to be expected or not known.
	ExhaustedIn *int64 `json:"exhausted_in_seconds"`
	// ExhaustedAt is when, null but of a budget that burns.
	ExhaustedAt *time.Time `json:"exhausted_at"`
}

// String words the forecast in one phrase, such as "exhausted in 20 h at the present
// rate".
func (f Forecast) String() string {
	switch f.Outlook {
	case OutlookExhausted:
		return "exhausted"
	case OutlookBurning:
		var seconds int64
		if f.ExhaustedIn != nil {
			seconds = *f.ExhaustedIn
		}
		return "exhausted in " + span(seconds/60) + " at the present rate"
	case OutlookUnanswered:
		return "not known, as no request is answered"
	case OutlookUnmeasured:
		return "not known, as nobody measures it"
	case OutlookLasting:
		return "lasts at the present rate"
	case OutlookNotBurning:
		return "not burning"
	}
	return f.Outlook
}

// span words minutes in their two largest units.
func span(minutes int64) string {
	word := func(n int64, unit string, rest int64, of string) string {
		if rest == 0 {
			return fmt.Sprintf("%d %s", n, unit)
		}
		return fmt.Sprintf("%d %s %d %s", n, unit, rest, of)
	}
	switch {
	case minutes < 1:
		return "less than 1 min"
	case minutes < 60:
		return word(minutes, "min", 0, "")
	case minutes < 24*60:
		return word(minutes/60, "h", minutes%60, "min")
	}
	return word(minutes/(24*60), "d", minutes/60%24, "h")
}
