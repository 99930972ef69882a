// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLoadCatalogue(t *testing.T) {
	c, err := LoadCatalogue(filepath.Join("testdata", "service_catalog.yaml"))
	require.NoError(t, err)
	for _, want := range []Entry{
		{Service: Service{Name: "payment-api"}, Listed: true, Tier: "tier1", Team: "payment",
			Availability: Ratio{9995, 10000}, LatencyThreshold: 200 * time.Millisecond, LatencyTarget: Ratio{99, 100}, Window: 30 * day},
		{Service: Service{Name: "recommendation-engine"}, Listed: true, Tier: "tier2", Team: "ml-platform",
			Availability: Ratio{999, 1000}, LatencyThreshold: 500 * time.Millisecond, LatencyTarget: Ratio{95, 100}, Window: 30 * day},
		{Service: Service{Name: "notification-service"}, Listed: true, Tier: "tier3", Team: "platform",
			Availability: Ratio{995, 1000}, LatencyThreshold: 2 * time.Second, LatencyTarget: Ratio{9, 10}, Window: 30 * day},
		{Service: Service{Name: "internal-admin"}, Listed: true, Tier: "tier3", Team: "platform",
			Availability: Ratio{99, 100}, LatencyThreshold: 3 * time.Second, LatencyTarget: Ratio{9, 10}, Window: 30 * day},
	} {
		want.BudgetWindow, want.Policy = RollingWindow(want.Window), DefaultPolicy()
		assert.Equal(t, want, c.Lookup(want.Service))
		want.Service.Namespace, want.Service.Environment = "any", "one"
		assert.Equal(t, want.Tier, c.Lookup(want.Service).Tier, "an entry without a namespace fits each")
	}
	assert.Len(t, c.Entries(), 4)
	assert.Equal(t, []time.Duration{200 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 3 * time.Second}, c.Thresholds())
}

func TestServiceOutsideTheCatalogue(t *testing.T) {
	stranger := Service{Namespace: "n", Name: "stranger", Environment: "e"}
	for name, c := range map[string]Catalogue{"default": DefaultCatalogue(), "overridden": parse(t, "tiers: {tier3: {availability: 0.9, on_unknown: closed}}")} {
		e := c.Lookup(stranger)
		assert.Equal(t, stranger, e.Service, name)
		assert.False(t, e.Listed, name)
		assert.Equal(t, "tier3", e.Tier, name)
		assert.True(t, e.OnUnknownOpen, "%s: what nobody listed stops nobody", name)
		assert.Equal(t, 2*time.Second, e.LatencyThreshold, name)
	}
	assert.Equal(t, MustRatio("0.995"), DefaultCatalogue().Lookup(stranger).Availability)
	assert.Equal(t, MustRatio("0.9"), parse(t, "tiers: {tier3: {availability: 0.9}}").Lookup(stranger).Availability)
}

func TestTiers(t *testing.T) {
	c := parse(t, `
tiers:
  tier1: {availability: 0.99990, window: 28d}
  batch: {latency_threshold_ms: 60000, on_unknown: open, min_events: 50}
services:
  - {name: a, tier: tier1}
  - {name: b, tier: batch, slo: {on_unknown: closed}}
  - {name: c, tier: batch, slo: {window: 90d, min_events: 0, latency_target: "0.75"}}
  - {name: d}
`)
	a, b, e := c.Lookup(Service{Name: "a"}), c.Lookup(Service{Name: "b"}), c.Lookup(Service{Name: "c"})
	assert.Equal(t, Ratio{9999, 10000}, a.Availability)
	assert.Equal(t, 28*day, a.Window)
	assert.Equal(t, 200*time.Millisecond, a.LatencyThreshold, "what a tier does not say stays")
	assert.Equal(t, time.Minute, b.LatencyThreshold)
	assert.Equal(t, MustRatio("0.995"), b.Availability, "a new tier starts from tier3")
	assert.False(t, b.OnUnknownOpen)
	assert.EqualValues(t, 50, b.MinEvents)
	assert.True(t, e.OnUnknownOpen)
	assert.Zero(t, e.MinEvents)
	assert.Equal(t, 90*day, e.Window)
	assert.Equal(t, Ratio{75, 100}, e.LatencyTarget)
	assert.Equal(t, "tier3", c.Lookup(Service{Name: "d"}).Tier, "a listed service without a tier")
	assert.True(t, c.Lookup(Service{Name: "d"}).Listed)
	assert.Contains(t, c.Thresholds(), time.Minute)
}

func TestMostSpecificEntryWins(t *testing.T) {
	c := parse(t, `
services:
  - {name: a, team: any}
  - {name: a, environment: prod, team: prod}
  - {name: a, namespace: shop, team: shop}
  - {name: a, namespace: shop, environment: prod, team: shop-prod}
`)
	for service, team := range map[Service]string{
		{Name: "a"}: "any",
		{Name: "a", Namespace: "other", Environment: "test"}: "any",
		{Name: "a", Environment: "prod"}:                     "prod",
		{Name: "a", Namespace: "other", Environment: "prod"}: "prod",
		{Name: "a", Namespace: "shop"}:                       "shop",
		{Name: "a", Namespace: "shop", Environment: "test"}:  "shop",
		{Name: "a", Namespace: "shop", Environment: "prod"}:  "shop-prod",
		{Name: "b", Namespace: "shop", Environment: "prod"}:  "",
	} {
		assert.Equal(t, team, c.Lookup(service).Team, service)
	}
}

func TestCatalogueErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no mapping", "- a", "f:1: the catalogue must be a mapping"},
		{"no YAML", "services: []\nb: [", "f:2: no YAML: "},
		{"unknown key", "service: []", "f:1: unknown key service: allowed are services, tiers"},
		{"services is no list", "services: {a: b}", "f:1: services must be a list"},
		{"a service is no mapping", "services:\n  - a", "f:2: services[0] must be a mapping"},
		{"no name", "services:\n  - team: x", "f:2: services[0].name must be the service.name"},
		{"a name that is a list", "services:\n  - name: [a]", "f:2: services[0].name must be a single value"},
		{"unknown key of a service", "services:\n  - {name: a, teem: x}",
			"f:2: unknown key services[0].teem: allowed are name, namespace, environment, tier, team, slo, slos, policy"},
		{"unknown tier", "services:\n  - name: a\n    tier: gold", `f:3: services[0].tier must be one of tier1, tier2, tier3, not "gold"`},
		{"unknown objective", "services:\n  - name: a\n    slo:\n      latency_ms: 3",
			"f:4: unknown key services[0].slo.latency_ms: allowed are availability, latency_threshold_ms, latency, latency_target, min_events, on_unknown, window, time_zone, labels, annotations, alerts_off"},
		{"an objective of one", "services:\n  - {name: a, slo: {availability: 1}}",
			`f:2: services[0].slo.availability must be a decimal greater than 0 and less than 1 with at most 9 digits after the point, such as 0.999, not "1"`},
		{"an objective in per cent", "services:\n  - {name: a, slo: {availability: 99.9}}", "less than 1"},
		{"an objective with an exponent", "services:\n  - {name: a, slo: {availability: 9e-1}}", `not "9e-1"`},
		{"a negative objective", "services:\n  - {name: a, slo: {latency_target: -0.5}}", "services[0].slo.latency_target must be"},
		{"a signed objective", "services:\n  - {name: a, slo: {latency_target: +0.5}}", `not "+0.5"`},
		{"ten digits", "services:\n  - {name: a, slo: {latency_target: 0.9999999999}}", "at most 9 digits"},
		{"no threshold", "services:\n  - {name: a, slo: {latency_threshold_ms: 0}}", "f:2: services[0].slo.latency_threshold_ms must be a whole number of milliseconds from 1 to 86400000"},
		{"half a millisecond", "services:\n  - {name: a, slo: {latency_threshold_ms: 0.5}}", `not "0.5"`},
		{"a latency that nobody knows", "services:\n  - {name: a, slo: {latency: both}}", `f:2: services[0].slo.latency must be one of handler, felt, not "both"`},
		{"negative events", "services:\n  - {name: a, slo: {min_events: -1}}", "f:2: services[0].slo.min_events must be a whole number, 0 or more"},
		{"neither open nor closed", "tiers:\n  tier1: {on_unknown: maybe}", `f:2: tiers.tier1.on_unknown must be "open"`},
		{"a window of a month", "tiers:\n  tier1: {window: 1M}", "f:2: tiers.tier1.window must be 7d, 28d, 30d or 90d (rolling), or week, month or quarter (calendar)"},
		{"a null objective", "services:\n  - {name: a, slo: {availability: }}", "f:2: services[0].slo.availability must be a single value"},
		{"listed twice", "services:\n  - {name: a, namespace: n}\n  - {name: a}\n  - {name: a, namespace: n}", "f:4: services[2] names n/a again, which line 2 has"},
		{"a key given twice", "services:\n  - name: a\n    name: b", "f:3: services[0].name is given twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseCatalogue("f", []byte(tt.text))
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := ParseCatalogue("f", []byte("extra: 1\ntiers:\n  t: {window: 1d}\nservices:\n  - {name: a, tier: x, slo: {availability: 2, min_events: y}}\n  - {}"))
	require.Error(t, err)
	assert.Len(t, strings.Split(err.Error(), "\n"), 6)
}

func TestAnchorsAndEmptyFiles(t *testing.T) {
	c := parse(t, "services:\n  - {name: a, slo: &strict {availability: 0.9999}}\n  - {name: b, slo: *strict}")
	assert.Equal(t, MustRatio("0.9999"), c.Lookup(Service{Name: "b"}).Availability)
	assert.Empty(t, parse(t, "").Entries())
	assert.Empty(t, parse(t, "# nothing yet\nservices:\n").Entries())
}

func FuzzParseCatalogue(f *testing.F) {
	f.Add("services: [{name: a, tier: tier1, slo: {availability: 0.999}}]")
	f.Add("tiers: {x: {window: 7d}}\nservices: [*a]")
	f.Add("services:\n- &a {name: *a}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCatalogue("f", []byte(text))
		if err != nil {
			return
		}
		for _, e := range c.Entries() {
			require.True(t, e.Availability.Num > 0 && e.Availability.Num < e.Availability.Den)
			require.Positive(t, e.LatencyThreshold)
			require.Positive(t, e.Window)
			require.True(t, c.Lookup(e.Service).Listed)
		}
	})
}

func parse(t *testing.T, text string) *Snapshot {
	t.Helper()
	c, err := ParseCatalogue("f", []byte(text))
	require.NoError(t, err)
	return c
}
