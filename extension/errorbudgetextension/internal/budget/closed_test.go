// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestClosedMinutesAlone(t *testing.T) {
	d := newDesk()
	for m := slo.Minute(0); m < 400; m++ { // beyond the minutes that are held apart
		d.at(time.Duration(m) * time.Minute)
		d.add(start+m, 10, 1)
		d.flush()
	}
	d.add(start+399, 0, 0)
	now := start + 399 // its minute is open
	lengths := []time.Duration{time.Minute, 5 * time.Minute, time.Hour, 6 * time.Hour, 72 * time.Hour}
	sums := make([]Counts, len(lengths))
	assert.True(t, d.ledger.Closed(shop, slo.HTTPAvailability, now, lengths, sums))
	assert.Equal(t, []Counts{{Good: 10, Bad: 1}, {Good: 50, Bad: 5}, {Good: 600, Bad: 60}, {Good: 3600, Bad: 360}, {Good: 3990, Bad: 399}}, sums)

	assert.False(t, d.ledger.Closed(shop, "none", now, lengths, sums))
	assert.False(t, d.ledger.Closed(slo.Service{Name: "none"}, slo.HTTPAvailability, now, lengths, sums))
	assert.Equal(t, start+399, d.ledger.LastEvent(shop))
	assert.EqualValues(t, -1, d.ledger.LastEvent(slo.Service{Name: "none"}))
}
