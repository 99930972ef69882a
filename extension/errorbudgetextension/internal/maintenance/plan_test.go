// SPDX-License-Identifier: Apache-2.0

package maintenance

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// words returns the intervals of a service in a stretch, as UTC.
func words(t *testing.T, p *Plan, service slo.Service, from, to string) []string {
	t.Helper()
	parse := func(text string) time.Time {
		at, err := time.Parse("2006-01-02", text)
		require.NoError(t, err)
		return at
	}
	var out []string
	for _, i := range p.Intervals(service, parse(from), parse(to)) {
		out = append(out, i.From.Time().Format("01-02 15:04")+" "+(i.To-i.From).Time().Format("15:04"))
	}
	return out
}

func TestIntervals(t *testing.T) {
	p, err := Parse("plan.yaml", []byte(`
exclusions:
  - name: database upgrade
    services: [shop, "retail/*@prod"]
    start: 2026-03-08T02:00:30+01:00
    end: 2026-03-08T04:00:00+01:00
  - name: weekly restart, at three on the clock of Berlin
    services: ["pay*"]
    start: 2026-01-04T03:00
    duration: 30m
    rrule: FREQ=WEEKLY;BYDAY=SU
    time_zone: Europe/Berlin
  - name: overlaps the restart
    services: [payment]
    start: 2026-03-15 02:20
    duration: 90s
  - name: last Friday of the month, twice
    services: [ledger]
    start: 2026-01-30T22:00:00Z
    duration: 4h
    rrule: FREQ=MONTHLY;BYDAY=-1FR;COUNT=2
`))
	require.NoError(t, err)
	assert.Equal(t, 4, p.Len())
	shop := slo.Service{Name: "shop", Namespace: "any", Environment: "any"}
	assert.Equal(t, []string{"03-08 01:00 02:00"}, words(t, p, shop, "2026-03-01", "2026-04-01"), "part of a minute is the minute")
	assert.Equal(t, []string{"03-08 01:00 02:00"}, words(t, p, slo.Service{Name: "till", Namespace: "retail", Environment: "prod"}, "2026-03-01", "2026-04-01"))
	assert.Empty(t, words(t, p, slo.Service{Name: "till", Namespace: "retail", Environment: "dev"}, "2026-03-01", "2026-04-01"))
	assert.Empty(t, words(t, p, shop, "2026-03-09", "2026-04-01"))
	assert.Equal(t, []string{"03-15 02:00 00:30", "03-22 02:00 00:30", "03-29 01:00 00:30", "04-05 01:00 00:30"},
		words(t, p, slo.Service{Name: "payment"}, "2026-03-09", "2026-04-06"), "the clock is put forward on the 29th, and 03:00 is 01:00 UTC")
	assert.Equal(t, []string{"01-30 22:00 04:00", "02-27 22:00 04:00"}, words(t, p, slo.Service{Name: "ledger"}, "2026-01-01", "2027-01-01"))
	assert.Equal(t, []string{"01-30 22:00 04:00"}, words(t, p, slo.Service{Name: "ledger"}, "2026-01-31", "2026-02-01"), "it reaches into the stretch")
}

// Overlapping and touching stretches are one.
func TestMerged(t *testing.T) {
	p, err := Parse("plan.yaml", []byte(`
exclusions:
  - {name: a, services: ["*"], start: 2026-03-01T10:00, duration: 1h}
  - {name: b, services: ["*"], start: 2026-03-01T11:00, duration: 1h}
  - {name: c, services: ["*"], start: 2026-03-01T10:30, duration: 10m}
  - {name: d, services: ["*"], start: 2026-03-01T13:00, duration: 1m}
`))
	require.NoError(t, err)
	assert.Equal(t, []string{"03-01 10:00 02:00", "03-01 13:00 00:01"}, words(t, p, slo.Service{Name: "x"}, "2026-03-01", "2026-03-02"))
}

func TestMistakes(t *testing.T) {
	const good = "name: x, services: [s], start: 2026-03-01T10:00, duration: 1h"
	for _, tt := range []struct{ name, entry, err string }{
		{"an unknown key", "{" + good + ", when: never}", "plan.yaml:2: exclusions[0]: unknown key when: allowed are name"},
		{"no name", "{services: [s], start: 2026-03-01T10:00, duration: 1h}", "name must say"},
		{"no services", "{name: x, start: 2026-03-01T10:00, duration: 1h}", "services must be a list of patterns"},
		{"a broken pattern", "{name: x, services: ['[a'], start: 2026-03-01T10:00, duration: 1h}", "is no pattern"},
		{"no start", "{name: x, services: [s], duration: 1h}", "start must be an instant"},
		{"a broken end", "{name: x, services: [s], start: 2026-03-01T10:00, end: later}", "end must be an instant"},
		{"end and duration", "{" + good + ", end: 2026-03-01T11:00}", "either end or duration"},
		{"neither", "{name: x, services: [s], start: 2026-03-01T10:00}", "either end or duration"},
		{"a broken duration", "{name: x, services: [s], start: 2026-03-01T10:00, duration: long}", "duration must be such as 30m"},
		{"an end before the start", "{name: x, services: [s], start: 2026-03-01T10:00, end: 2026-03-01T09:00}", "more than nothing"},
		{"for ever", "{name: x, services: [s], start: 2026-03-01T10:00, duration: 200h}", "at most 168h"},
		{"an unknown zone", "{" + good + ", time_zone: Mars/Base}", "time_zone must be a name such as Europe/Berlin"},
		{"no rule", "{" + good + ", rrule: SOMETIMES}", "rule of RFC 5545"},
		{"each second", "{" + good + ", rrule: FREQ=SECONDLY}", "daily, weekly, monthly or yearly"},
		{"two starts", "{" + good + ", rrule: 'DTSTART=20260101T000000Z;FREQ=DAILY'}", "no DTSTART"},
		{"a rule with an hour", "{" + good + ", rrule: 'FREQ=DAILY;BYHOUR=1,2,3'}", "no BYHOUR"},
		{"no mapping", "nothing", "must be a mapping of name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("plan.yaml", []byte("exclusions:\n  - "+tt.entry+"\n"))
			require.ErrorContains(t, err, tt.err)
		})
	}
	_, err := Parse("plan.yaml", []byte("exclude: []"))
	require.ErrorContains(t, err, "the key exclusions alone")
	_, err = Parse("plan.yaml", []byte("exclusions:\n  - {name: a}\n  - {name: b}\n"))
	require.ErrorContains(t, err, "plan.yaml:3: exclusions[1]", "all mistakes at once")
}

func TestFileFollowsChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "exclusions.yaml")
	write := func(text string, at time.Time) {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		require.NoError(t, os.Chtimes(file, at, at))
	}
	first := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	write("exclusions: []\n", first)
	f, err := Open(file)
	require.NoError(t, err)
	assert.Zero(t, f.Plan().Len())
	changed, err := f.Refresh()
	require.NoError(t, err)
	assert.False(t, changed)

	write("exclusions:\n  - {name: x, services: [s], start: 2026-03-01T10:00, duration: 1h}\n", first.Add(time.Second))
	changed, err = f.Refresh()
	require.NoError(t, err)
	assert.False(t, changed, "it may be being written")
	changed, err = f.Refresh()
	require.NoError(t, err)
	assert.True(t, changed)
	assert.Equal(t, 1, f.Plan().Len())

	write("exclusions: 5\n", first.Add(2*time.Second))
	for range 3 {
		_, err = f.Refresh()
	}
	require.Error(t, err, "and again until it is mended")
	assert.Equal(t, 1, f.Plan().Len(), "the last good one stays")
	require.NoError(t, os.Remove(file))
	_, err = f.Refresh()
	require.ErrorContains(t, err, "read the exclusions")

	_, err = Open(file)
	require.ErrorContains(t, err, "read the exclusions")
	none, err := Open("")
	require.NoError(t, err)
	changed, err = none.Refresh()
	require.NoError(t, err)
	assert.False(t, changed)
	assert.Zero(t, none.Plan().Len())
}
