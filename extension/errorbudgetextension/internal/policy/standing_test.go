// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestStandings(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	shop, cart := slo.Service{Name: "shop"}, slo.Service{Name: "cart"}
	s := NewStandings([]Standing{{cart, Freeze, noon.Add(-time.Hour)}})
	_, changed := s.Changes()
	assert.False(t, changed)
	assert.Equal(t, noon.Add(-time.Hour), s.See(cart, Freeze, noon), "as it was before the start")
	assert.Equal(t, noon, s.See(shop, Normal, noon))
	assert.Equal(t, noon, s.See(shop, Normal, noon.Add(time.Minute)), "the same state goes on")
	assert.Equal(t, noon.Add(2*time.Minute), s.See(shop, Canary, noon.Add(2*time.Minute)))
	all, changed := s.Changes()
	assert.True(t, changed)
	assert.Equal(t, []Standing{{cart, Freeze, noon.Add(-time.Hour)}, {shop, Canary, noon.Add(2 * time.Minute)}}, all)
	s.Keep(func(of slo.Service) bool { return of == shop })
	all, changed = s.Changes()
	assert.True(t, changed)
	assert.Len(t, all, 1)
	_, changed = s.Changes()
	assert.False(t, changed)
}
