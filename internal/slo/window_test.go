// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWindowBounds(t *testing.T) {
	for _, tt := range []struct{ name, window, zone, now, from, end string }{
		{"rolling", "7d", "", "2026-03-10T12:34:56Z", "2026-03-03T12:34:00Z", ""},
		{"rolling on a whole minute", "30d", "", "2026-03-31T00:00:00Z", "2026-03-01T00:00:00Z", ""},
		{"a week in its middle", "week", "", "2026-03-12T12:00:00Z", "2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"},
		{"a week on Sunday", "week", "UTC", "2026-03-15T23:59:59Z", "2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"},
		{"a week on its first instant", "week", "", "2026-03-16T00:00:00Z", "2026-03-16T00:00:00Z", "2026-03-23T00:00:00Z"},
		{"a week over the new year", "week", "", "2026-01-02T12:00:00Z", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"},
		{"a month", "month", "", "2026-02-28T23:59:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"},
		{"December", "month", "", "2026-12-31T00:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"a quarter", "quarter", "", "2026-06-30T23:59:00Z", "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"},
		{"the last quarter", "quarter", "", "2026-11-01T00:00:00Z", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"already the next month in the zone", "month", "Asia/Tokyo", "2026-02-28T15:00:00Z", "2026-02-28T15:00:00Z", "2026-03-31T15:00:00Z"},
		{"clocks go forward in the month", "month", "Europe/Berlin", "2026-03-30T12:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"},
		{"clocks go back in the week", "week", "Europe/Berlin", "2026-10-25T22:30:00Z", "2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"half an hour off", "month", "Asia/Kolkata", "2026-03-15T00:00:00Z", "2026-02-28T18:30:00Z", "2026-03-31T18:30:00Z"},
		// In Lebanon the clocks go forward at midnight: 2026-03-29 starts at 01:00.
		{"no midnight at the end", "week", "Asia/Beirut", "2026-03-28T12:00:00Z", "2026-03-22T22:00:00Z", "2026-03-29T21:00:00Z"},
		// In Brazil they did so on Sunday, 2018-11-04.
		{"no midnight in the middle", "month", "America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-01T03:00:00Z", "2018-12-01T02:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, err := ParseWindow(tt.window, tt.zone)
			require.NoError(t, err)
			now := at(t, tt.now)
			from, to := w.Bounds(now)
			assert.Equal(t, tt.from, from.Time().Format(time.RFC3339))
			assert.Equal(t, MinuteOf(now), to)
			end, ok := w.End(now)
			require.Equal(t, tt.end != "", ok)
			if ok {
				assert.Equal(t, tt.end, end.Time().Format(time.RFC3339))
				assert.LessOrEqual(t, time.Duration(end-from)*time.Minute, w.Longest())
			}
		})
	}
}

func TestMidnightThatDoesNotExist(t *testing.T) {
	beirut, err := loadZone("Asia/Beirut")
	require.NoError(t, err)
	assert.Equal(t, at(t, "2026-03-28T22:00:00Z"), midnight(2026, 3, 29, beirut).UTC())
	saoPaulo, err := loadZone("America/Sao_Paulo")
	require.NoError(t, err)
	assert.Equal(t, at(t, "2018-11-04T03:00:00Z"), midnight(2018, 11, 4, saoPaulo).UTC())
}

// One window begins when the one before ends, in every zone that has its own
// idea of midnight: no minute is in two windows, none in no window.
func TestCalendarWindowsFollowEachOther(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Beirut", "Africa/Cairo", "Australia/Lord_Howe", "America/Santiago", "America/Nuuk", "Pacific/Apia"} {
		for _, name := range []string{"week", "month", "quarter"} {
			w, err := ParseWindow(name, zone)
			require.NoError(t, err)
			now := at(t, "2010-06-15T12:00:00Z")
			for range 100 {
				from, _ := w.Bounds(now)
				end, _ := w.End(now)
				require.Less(t, from, end)
				before := end.Time().Add(-time.Second)
				lastFrom, _ := w.Bounds(before)
				require.Equal(t, from, lastFrom, "%s %s %s", name, zone, before)
				nextFrom, to := w.Bounds(end.Time())
				require.Equal(t, end, nextFrom, "%s %s", name, zone)
				require.Equal(t, end, to)
				now = end.Time().Add(36 * time.Hour)
			}
		}
	}
}

func TestParseWindow(t *testing.T) {
	for text, want := range map[string]Window{
		"7d": {Length: 7 * day}, "28d": {Length: 28 * day}, "30d": {Length: 30 * day}, "90d": {Length: 90 * day},
		"week": {Calendar: Week}, "month": {Calendar: Month}, "quarter": {Calendar: Quarter},
	} {
		w, err := ParseWindow(text, "")
		require.NoError(t, err)
		assert.Equal(t, want, w)
		assert.Equal(t, text, w.String())
		assert.False(t, w.IsZero())
		assert.LessOrEqual(t, w.Longest(), MaxWindow)
		assert.GreaterOrEqual(t, w.Longest(), 7*day)
	}
	a, err := ParseWindow("week", "Europe/Berlin")
	require.NoError(t, err)
	b, err := ParseWindow("week", "Europe/Berlin")
	require.NoError(t, err)
	assert.True(t, a == b, "equal windows are equal by ==")
	assert.Equal(t, "week Europe/Berlin", a.String())
	assert.Equal(t, "1h", RollingWindow(time.Hour).String())
	assert.Equal(t, "5m", RollingWindow(5*time.Minute).String())
	assert.Equal(t, "1h30m", RollingWindow(90*time.Minute).String())

	for _, tt := range []struct{ window, zone, want string }{
		{"31d", "", `must be 7d, 28d, 30d or 90d (rolling), or week, month or quarter (calendar), not "31d"`},
		{"", "", "must be 7d"},
		{"7d", "UTC", "7d is rolling and has no time zone"},
		{"week", "Mars/Olympus", `must be an IANA time zone, such as Europe/Berlin or UTC, not "Mars/Olympus"`},
		{"week", "Local", "must be an IANA time zone"},
		{"week", "../zoneinfo/UTC", "must be an IANA time zone"},
	} {
		_, err := ParseWindow(tt.window, tt.zone)
		assert.ErrorContains(t, err, tt.want)
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return instant.UTC()
}
