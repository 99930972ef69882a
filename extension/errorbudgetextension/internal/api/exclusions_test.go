// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/maintenance"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// exclusionsFile has one of the past and one that comes every night.
const exclusionsFile = `
exclusions:
  - {name: move, services: [shop], start: 2026-02-27T00:00:00Z, duration: 90m}
  - {name: nightly, services: ["*"], start: 2026-02-28T03:00:00Z, duration: 30m, rrule: FREQ=DAILY}
`

const exclusionBody = `{"actor":"ann","reason":"a new disk","ticket":"OPS-8","services":["sh*"],"start":"2026-03-01T11:30:00Z","end":"2026-03-01T13:00:00Z"}`

// The desk stands for the extension: what is added is in force at once.
func (d *desk) Stretches(past bool) []maintenance.Stretch {
	from := noon
	if past {
		from = noon.Add(-slo.MaxWindow)
	}
	return d.joined().Stretches(from, noon)
}

func (d *desk) joined() *maintenance.Plan { return maintenance.Join(d.plan, d.added.Plan()) }

func (d *desk) Add(r budgetapi.ExclusionRequest, who string) (budgetapi.ExclusionEntry, error) {
	defer d.exclude()
	return d.added.Add(r, who)
}

func (d *desk) Remove(id, actor, reason string, endNow bool, who string) (budgetapi.ExclusionEntry, error) {
	defer d.exclude()
	if endNow {
		return d.added.End(id, actor, reason, who)
	}
	return d.added.Remove(id, actor, reason, who)
}

func (d *desk) exclude() {
	plan := d.joined()
	d.ledger.SetExclusions(func(s slo.Service) []budget.Interval {
		return plan.Intervals(s, noon.Add(-slo.MaxWindow), noon.Add(24*time.Hour))
	})
}

func TestExclusions(t *testing.T) {
	d := newDesk(t)
	shop := slo.Service{Name: "shop"}
	at := func(minute slo.Minute, good, bad uint64) {
		d.ledger.Apply(&budget.Batch{Until: noon, Increments: []budget.Increment{{
			Series: budget.SeriesID{Key: slo.Key{Service: shop, SLI: slo.HTTPAvailability}, Definition: "0123456789abcdef"},
			Minute: minute, Counts: budget.Counts{Good: good, Bad: bad},
		}}})
	}
	now := slo.MinuteOf(noon)
	d.count(shop, slo.HTTPAvailability, 0, 0)
	at(now-10*60, 500_000, 0)
	at(now-31, 0, 100) // a minute too early
	at(now-30, 500_000, 400)
	assert.Equal(t, "FREEZE", d.gate("/v1/gate/shop").State)

	w := d.post(jsonRequest(http.MethodPost, "/v1/exclusions", exclusionBody), "exclusion")
	require.Equal(t, http.StatusCreated, w.Code)
	added := decode[budgetapi.ExclusionEntry](t, w)
	assert.Equal(t, budgetapi.ExclusionEntry{
		ID: added.ID, Actor: "ann", AuthenticatedAs: "ann@example", Reason: "a new disk", Ticket: "OPS-8", Services: []string{"sh*"},
		Start: noon.Add(-30*time.Minute - 30*time.Second), End: noon.Add(time.Hour - 30*time.Second), AddedAt: noon,
	}, added)
	g := d.gate("/v1/gate/shop")
	assert.Equal(t, []any{"NORMAL", 0.600080}, []any{g.State, g.Budget.Remaining})

	list := decode[budgetapi.Exclusions](t, d.call(http.MethodGet, "/v1/exclusions", "exclusions"))
	require.Len(t, list.Exclusions, 2)
	assert.Equal(t, budgetapi.Exclusion{
		Name: "a new disk", Services: []string{"sh*"}, Start: added.Start, End: added.End, State: "in_force", Minutes: 90, Added: &added,
		// 400 of what would be 1,000,500 events, of which 500.25 may be bad.
		Affected: []budgetapi.Affected{{Name: "shop", SLO: slo.HTTPAvailability, Good: 500_000, Bad: 400, Cost: 0.7996}},
	}, list.Exclusions[0])
	assert.Equal(t, []any{"nightly", "planned", "FREQ=DAILY", time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC), uint64(30)},
		[]any{list.Exclusions[1].Name, list.Exclusions[1].State, list.Exclusions[1].RRule, list.Exclusions[1].Start, list.Exclusions[1].Minutes})
	assert.Nil(t, list.Exclusions[1].Added)
	list = decode[budgetapi.Exclusions](t, d.call(http.MethodGet, "/v1/exclusions?past=true", "exclusions"))
	var names []string
	for _, e := range list.Exclusions {
		names = append(names, e.Name+" "+e.State)
	}
	assert.Equal(t, []string{"move past", "nightly past", "nightly past", "a new disk in_force", "nightly planned"}, names)

	// Ended, what it excluded until now stays excluded; taken back, it counts again.
	assert.Equal(t, http.StatusOK, d.call(http.MethodDelete, "/v1/exclusions/"+added.ID+"?actor=bob&end_now=true", "exclusion").Code)
	assert.Equal(t, "NORMAL", d.gate("/v1/gate/shop").State)
	assert.Contains(t, d.call(http.MethodDelete, "/v1/exclusions/"+added.ID+"?actor=bob&end_now=true", "error").Body.String(), "it is not in force now")
	assert.Contains(t, d.call(http.MethodDelete, "/v1/exclusions/"+added.ID, "error").Body.String(), `\"actor\" must be given`)
	assert.Equal(t, http.StatusOK, d.call(http.MethodDelete, "/v1/exclusions/"+added.ID+"?actor=bob&reason=no", "exclusion").Code)
	assert.Equal(t, "FREEZE", d.gate("/v1/gate/shop").State)
	assert.Equal(t, http.StatusNotFound, d.call(http.MethodDelete, "/v1/exclusions/"+added.ID+"?actor=bob", "error").Code)

	audit := decode[budgetapi.Audit](t, d.call(http.MethodGet, "/v1/audit", "audit"))
	var events []string
	for _, r := range audit.Records {
		events = append(events, r.Event+" by "+r.Actor)
	}
	assert.Equal(t, []string{"exclusion_added by ann", "exclusion_ended by bob", "exclusion_removed by bob"}, events)
}

func TestExclusionsAreRefused(t *testing.T) {
	d := newDesk(t)
	for body, want := range map[string]string{
		"": "the body must be the JSON of an exclusion",
		`{"actor":"a","reason":"r","ticket":"t","services":["a"],"end":"2026-03-01T13:00:00Z","rrule":"FREQ=DAILY"}`: "unknown field",
		strings.Replace(exclusionBody, `"OPS-8"`, `""`, 1):                                                           `\"ticket\" must be given`,
		strings.Replace(exclusionBody, `["sh*"]`, `[]`, 1):                                                           "services must be a list of patterns",
		strings.Replace(exclusionBody, `sh*`, `sh[`, 1):                                                              "is no pattern",
		strings.Replace(exclusionBody, "03-01T11:30", "02-28", 1):                                                    "the body must be the JSON of an exclusion",
		strings.Replace(exclusionBody, "01T11:30:0", "28T11:30:0", 1):                                                `\"end\" must be a time (RFC 3339) after \"start\"`,
		strings.Replace(exclusionBody, "2026-03-01T11:30:00Z", "2026-02-28T11:59:00Z", 1):                            `\"start\" must be a time (RFC 3339) of at most 24 h ago`,
		strings.Replace(exclusionBody, "01T13", "09T13", 1):                                                          "at most 168h0m0s after it",
		strings.Replace(exclusionBody, `["sh*"]`, `["`+strings.Repeat(`a","`, 100)+`a"]`, 1):                         "at most 100 patterns",
	} {
		w := d.post(jsonRequest(http.MethodPost, "/v1/exclusions", body), "error")
		assert.Equal(t, http.StatusBadRequest, w.Code)
		assert.Contains(t, w.Body.String(), want)
	}
	form := jsonRequest(http.MethodPost, "/v1/exclusions", exclusionBody)
	form.Header.Set("Content-Type", "text/plain")
	assert.Contains(t, d.post(form, "error").Body.String(), "Content-Type must be application/json")
	assert.Empty(t, d.added.Entries())
	records, err := d.audit.Read(0, 10)
	require.NoError(t, err)
	assert.Empty(t, records)
}

func TestExclusionsThatCannotBeWritten(t *testing.T) {
	d := newDesk(t)
	added := decode[budgetapi.ExclusionEntry](t, d.post(jsonRequest(http.MethodPost, "/v1/exclusions", exclusionBody), "exclusion"))
	require.NoError(t, d.audit.Close())
	w := d.post(jsonRequest(http.MethodPost, "/v1/exclusions", exclusionBody), "error")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), "nothing was changed")
	for _, also := range []string{"", "&end_now=true"} {
		assert.Equal(t, http.StatusServiceUnavailable, d.call(http.MethodDelete, "/v1/exclusions/"+added.ID+"?actor=a"+also, "error").Code)
	}
	assert.Equal(t, []budgetapi.ExclusionEntry{added}, d.added.Entries())
}
