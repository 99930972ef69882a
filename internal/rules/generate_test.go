// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

func generate(t testing.TB, catalogue string, o Options) Set {
	t.Helper()
	set, err := Generate(entries(t, catalogue), o)
	require.NoError(t, err)
	return set
}

func alerts(f File) (all []Rule) {
	for _, g := range f.Groups {
		for _, r := range g.Rules {
			if r.Alert != "" {
				all = append(all, r)
			}
		}
	}
	return all
}

// Names, groups and labels are those that people's dashboards and routes have.
func TestClassicNames(t *testing.T) {
	f := generate(t, "testdata/service_catalog.yaml", Options{}).Files[0]
	assert.Equal(t, "slo-payment-api", f.Name)
	assert.Equal(t, "slo-payment-api", f.Groups[0].Name)
	assert.Len(t, f.Groups[0].Rules, 20, "four indicators, their alerts and the service's presence fill a group")
	var recorded []string
	for _, g := range f.Groups {
		for _, r := range g.Rules {
			recorded = append(recorded, r.Record)
		}
	}
	for _, sli := range []string{"http_availability", "http_latency", "grpc_availability", "db_latency"} {
		for _, window := range []string{"5m", "30m", "1h", "6h"} {
			assert.Contains(t, recorded, "sli:"+sli+":ratio_rate"+window)
		}
	}
	burn := alerts(f)[1]
	assert.Equal(t, "SLO_payment-api_BurnRate_Critical", burn.Alert)
	assert.Equal(t, time.Minute, burn.For)
	assert.Equal(t, map[string]string{
		"severity": "critical", "service": "payment-api", "burn_rate": "14", "long_window": "1h", "short_window": "5m", "tier": "tier1", "team": "payment",
	}, burn.Labels)
	assert.Contains(t, burn.Annotations, "summary")
	assert.Contains(t, burn.Annotations, "runbook")
	assert.Contains(t, burn.Expr, `sli:http_availability:ratio_rate1h{service_name="payment-api",sli_name="http_availability"} < 0.993)`)
	warning := alerts(f)[2]
	assert.Equal(t, "SLO_payment-api_BurnRate_Warning", warning.Alert)
	assert.Equal(t, []any{5 * time.Minute, "warning", "6"}, []any{warning.For, warning.Labels["severity"], warning.Labels["burn_rate"]})
}

func TestNoGroupIsLargerThanMimirAllows(t *testing.T) {
	for _, profile := range Profiles {
		for _, burn := range []string{"", "simple", "google-30d"} {
			for _, f := range generate(t, "testdata/named.yaml", Options{Profile: profile, Burn: burn}).Files {
				for _, g := range f.Groups {
					assert.LessOrEqual(t, len(g.Rules), 20, "%s %s %s", profile, burn, g.Name)
				}
			}
		}
	}
}

func TestNamedObjectives(t *testing.T) {
	set := generate(t, "testdata/named.yaml", Options{Burn: "google-30d"})
	warnings := strings.Join(set.Warnings, "\n")
	assert.Contains(t, warnings, "checkout: minutes is left out")
	assert.Contains(t, warnings, "its window is the month")
	found := map[string]int{}
	for _, a := range alerts(set.Files[0]) {
		if strings.Contains(a.Expr, `sli_name="steady"`) {
			found["steady "+a.Labels["severity"]]++
			assert.NotContains(t, a.Expr, `sli_name="fast"`, "texts differ, so must the alerts")
		}
		if strings.Contains(a.Expr, `sli_name="fast"`) {
			found["fast "+a.Labels["severity"]]++
			assert.Contains(t, a.Expr, "sli:http_latency_100ms:ratio_rate")
			assert.Equal(t, "https://runbooks.example.com/fast", a.Annotations["runbook"])
		}
		assert.Equal(t, `eu {{ "{{" }}west}}`, a.Labels["route"], "a label is no template")
	}
	assert.Equal(t, map[string]int{"steady critical": 2, "fast critical": 1, "fast warning": 2}, found,
		"tickets of steady are off; at 0.9 a burn of 14.4 is out of reach")
	assert.Empty(t, alerts(set.Files[1]), "all are off")
}

func TestNamesOfFilesAreSafeAndUnique(t *testing.T) {
	taken := map[string]bool{}
	var ids []string
	for _, s := range []slo.Service{
		{Name: "a/b"}, {Name: "a_b"}, {Name: "../etc"}, {Name: "A_B"}, {Name: "x", Namespace: "n", Environment: "e"}, {Name: ".."},
	} {
		ids = append(ids, idOf(s, taken))
	}
	assert.Equal(t, []string{"a_b", "a_b-", "_etc", "A_B-", "n-x-e", "-"}, trimHashes(ids))
}

func trimHashes(ids []string) (out []string) {
	for _, id := range ids {
		if i := strings.LastIndexByte(id, '-'); i >= 0 && len(id)-i == 9 {
			id = id[:i+1]
		}
		out = append(out, id)
	}
	return out
}

func TestDecimalsAreExact(t *testing.T) {
	for _, tt := range []struct {
		num, den int64
		want     string
	}{{999, 1000, "0.999"}, {9995, 10000, "0.9995"}, {14, 15, "0.9333333333333333"}, {2, 1, "2"}, {1, 5, "0.2"}, {1, 1_000_000_000, "0.000000001"}} {
		assert.Equal(t, tt.want, decimal(big.NewRat(tt.num, tt.den)))
	}
	assert.Equal(t, []string{"5m", "1h", "90m", "3d", "90s"}, []string{
		span(5 * time.Minute), span(time.Hour), span(90 * time.Minute), span(72 * time.Hour), span(90 * time.Second)})
}

func TestEdges(t *testing.T) {
	assert.Equal(t, []string{`le="0.2"`, `le=~"2(\\.0)?"`}, []string{edge("0.2"), edge("2")})
}
