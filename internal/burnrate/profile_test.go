// SPDX-License-Identifier: Apache-2.0

package burnrate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

const day = 24 * time.Hour

func TestFactors(t *testing.T) {
	for name, want := range map[string][]string{
		"google-30d": {"72/5", "6", "3", "1"},
		"28d":        {"336/25", "28/5", "14/5", "14/15"},
		"7d":         {"84/25", "7/5", "7/10", "7/30"},
		"90d":        {"216/5", "18", "9", "3"},
		"simple":     {"14", "6"},
	} {
		p, err := Named(name)
		require.NoError(t, err)
		var got []string
		for _, pair := range p.Pairs {
			got = append(got, pair.Factor.RatString())
		}
		assert.Equal(t, want, got, name)
	}
	assert.Equal(t, []string{"28d", "7d", "90d", "google-30d", "simple"}, Names())
}

func TestWindows(t *testing.T) {
	p, err := Named(Google30d)
	require.NoError(t, err)
	assert.Equal(t, []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, day, 3 * day}, p.Windows())
	p, err = Named(Simple)
	require.NoError(t, err)
	assert.Equal(t, []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour}, p.Windows())
	assert.Equal(t, []time.Duration{time.Minute, 5 * time.Minute}, []time.Duration{p.Pairs[0].For, p.Pairs[1].For})
}

func TestUnknownProfile(t *testing.T) {
	_, err := Named("weekly")
	assert.EqualError(t, err, `must be one of 28d, 7d, 90d, google-30d, simple, not "weekly"`)
}

func TestProfileOfAPeriod(t *testing.T) {
	for period, want := range map[time.Duration]string{30 * day: "google-30d", 28 * day: "28d", 7 * day: "7d", 90 * day: "90d", 31 * day: "google-30d"} {
		assert.Equal(t, want, ForPeriod(period).Name)
	}
}

// A target of 0.9 burns at most ten times as fast as its budget allows.
func TestReachable(t *testing.T) {
	p, err := Named(Google30d)
	require.NoError(t, err)
	for target, want := range map[string][]bool{"0.9": {false, true, true, true}, "0.9995": {true, true, true, true}, "0.5": {false, false, false, true}} {
		var got []bool
		for _, pair := range p.Pairs {
			got = append(got, pair.Reachable(slo.MustRatio(target)))
		}
		assert.Equal(t, want, got, target)
	}
	assert.Equal(t, "9/1250", p.Pairs[0].BadShare(slo.MustRatio("0.9995")).RatString(), "14.4 * 0.0005 = 0.0072")
	assert.False(t, p.Pairs[3].Reachable(slo.MustRatio("0")), "all of it bad is a burn of 1, which is not greater than 1")
}

func TestBadProfiles(t *testing.T) {
	for name, text := range map[string]string{
		"no YAML":       "a: [",
		"no period":     "p: {pairs: []}",
		"no unit":       "p: {period: 30d, pairs: [{long: 60, short: 5m, factor: 1}]}",
		"unknown unit":  "p: {period: 30d, pairs: [{long: 1h, short: 5s, factor: 1}]}",
		"nothing spent": "p: {period: 30d, pairs: [{long: 1h, short: 5m, spent: 0}]}",
		"no factor":     "p: {period: 30d, pairs: [{long: 1h, short: 5m}]}",
		"bad for":       "p: {period: 30d, pairs: [{long: 1h, short: 5m, factor: 1, for: soon}]}",
	} {
		_, err := parse([]byte(text))
		assert.Error(t, err, name)
	}
}
