// SPDX-License-Identifier: Apache-2.0

package budgetapi

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestForecastInWords(t *testing.T) {
	for minutes, want := range map[int64]string{
		0: "less than 1 min", 1: "1 min", 59: "59 min", 60: "1 h", 115: "1 h 55 min", 20 * 60: "20 h", 48 * 60: "2 d", 53*60 + 17: "2 d 5 h",
	} {
		seconds := minutes * 60
		assert.Equal(t, "exhausted in "+want+" at the present rate", Forecast{Outlook: OutlookBurning, ExhaustedIn: &seconds}.String())
	}
	for outlook, want := range map[string]string{
		OutlookExhausted: "exhausted", OutlookUnanswered: "not known, as no request is answered", OutlookUnmeasured: "not known, as nobody measures it",
		OutlookLasting: "lasts at the present rate", OutlookNotBurning: "not burning", "new": "new",
	} {
		assert.Equal(t, want, Forecast{Outlook: outlook}.String())
	}
}
