// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// sums holds every objective's counts against what was added.
func (m *measurement) sums() error {
	time.Sleep(2 * time.Second) // more than a commit's interval
	body, _, err := m.get("/v1/budgets")
	if err != nil {
		return err
	}
	var all budgetapi.Budgets
	if err := json.Unmarshal(body, &all); err != nil {
		return err
	}
	shown := map[string]budgetapi.SLO{}
	as := map[string]time.Time{}
	for _, s := range all.Services {
		for _, o := range s.SLOs {
			key := s.Name + " " + o.Indicator
			if _, twice := shown[key]; twice {
				return fmt.Errorf("%s is there twice", key)
			}
			shown[key], as[key] = o, s.AsOf
		}
	}
	if len(shown) != m.series() {
		return fmt.Errorf("%d objectives are shown, of %d", len(shown), m.series())
	}
	var good, bad uint64
	for i := range m.series() {
		k := m.key(i)
		key := k.Service.Name + " " + k.SLI
		o := shown[key]
		g, b := m.expect(i, m.ticks, as[key])
		if o.Good != g || o.Bad != b {
			return fmt.Errorf("%s shows %d good and %d bad, and %d and %d were added", key, o.Good, o.Bad, g, b)
		}
		good, bad = good+g, bad+b
	}
	m.say("sums: all %d objectives show what was added, %d good and %d bad in all", len(shown), good, bad)
	return nil
}
