// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)

func show(t *testing.T, batch *budget.Batch) string {
	t.Helper()
	return showAt(t, batch, "/")
}

func showAt(t *testing.T, batch *budget.Batch, path string) string {
	t.Helper()
	ledger := budget.NewLedger(func(slo.Service) time.Duration { return 30 * 24 * time.Hour })
	ledger.Apply(batch)
	w := httptest.NewRecorder()
	NewHandler(&assess.Assessor{
		Catalogue:  slo.DefaultCatalogue,
		Ledger:     func() *budget.Ledger { return ledger },
		Thresholds: policy.DefaultThresholds(),
		StaleAfter: time.Minute,
		Clock:      func() time.Time { return noon },
	}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	require.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
	return w.Body.String()
}

func counted(name string, good, bad uint64) *budget.Batch {
	minute := slo.MinuteOf(noon)
	id := slo.Service{Name: name}
	return &budget.Batch{
		Until: noon,
		Increments: []budget.Increment{{
			Series: budget.SeriesID{Key: slo.Key{Service: id, SLI: slo.HTTPAvailability}, Definition: "d"},
			Minute: minute, Counts: budget.Counts{Good: good, Bad: bad},
		}},
		Sights:     []budget.Sight{{Service: id, Instance: "w", Minute: minute}},
		Heartbeats: []budget.Heartbeat{{Instance: "w", Minute: minute}},
	}
}

func TestPageSaysWhatStopsARelease(t *testing.T) {
	body := show(t, counted("shop", 9_940_000, 60_000))
	for _, want := range []string{
		"<h1>The one service may not release</h1>", "FREEZE", "may not release", "-20.00 %", "http_availability",
		"less than 20.00 %", "tier3&#39;s defaults", "As of 2026-03-01 12:00:30 UTC", "NORMAL in 30 d 0 h if nothing fails",
	} {
		assert.Contains(t, body, want)
	}
}

// A budget that burns is said to be exhausted, and when, on both pages.
func TestPageForetells(t *testing.T) {
	batch := counted("shop", 0, 0)
	minute := slo.MinuteOf(noon)
	id := budget.SeriesID{Key: slo.Key{Service: slo.Service{Name: "shop"}, SLI: slo.HTTPAvailability}, Definition: "d"}
	batch.Increments = append(batch.Increments, // 40 % are left, and the burn of the last hour is 14.4
		budget.Increment{Series: id, Minute: minute - 30*24*60, Counts: budget.Counts{Good: 9_969_072, Bad: 29_928}},
		budget.Increment{Series: id, Minute: minute - 1, Counts: budget.Counts{Good: 928, Bad: 72}})
	assert.Contains(t, show(t, batch), "<li>http_availability exhausted in 20 h at the present rate</li>")
	for _, want := range []string{
		"<dt>Forecast</dt><dd>http_availability: exhausted in 20 h at the present rate, 2026-03-02 08:00 UTC</dd>",
		"Forecast: exhausted in 20 h at the present rate.",
	} {
		assert.Contains(t, showAt(t, batch, "/services/shop"), want)
	}
	assert.NotContains(t, show(t, counted("shop", 1, 0)), "present rate")
	assert.Contains(t, showAt(t, counted("shop", 1, 0), "/services/shop"), "<dt>Forecast</dt><dd>http_availability: not burning</dd>")
	assert.Contains(t, showAt(t, counted("shop", 0, 1), "/services/shop"), "<dt>Forecast</dt><dd>http_availability: exhausted</dd>")
}

func TestPageEscapesNames(t *testing.T) {
	body := show(t, counted(`<script>alert("x")</script>`, 1, 0))
	assert.Equal(t, 1, strings.Count(body, "<script"), "the page's own")
	assert.Contains(t, body, "&lt;script&gt;")
}

func TestPageWithoutServices(t *testing.T) {
	body := show(t, &budget.Batch{})
	assert.Contains(t, body, "No service was seen yet")
	assert.Contains(t, body, "until never")
	assert.NotContains(t, body, "<table>")
}

// The page loads nothing and is well-formed.
func TestPageStandsAlone(t *testing.T) {
	body := show(t, counted("shop", 1, 0))
	for _, outside := range []string{"src=", "@import", "url(", "http://", "https://", "<link"} {
		assert.NotContains(t, body, outside)
	}
	decoder := xml.NewDecoder(strings.NewReader(strings.Replace(body, "<!DOCTYPE html>", "", 1)))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, []string{"meta"}, xml.HTMLEntity
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

func TestSentence(t *testing.T) {
	for want, n := range map[string][2]int{
		"2 of 14 services may not release":                      {2, 14},
		"All 14 services may release":                           {0, 14},
		"The one service may release":                           {0, 1},
		"The one service may not release":                       {1, 1},
		"No service was seen yet, and the catalogue lists none": {0, 0},
	} {
		assert.Equal(t, want, sentence(n[0], n[1]))
	}
}

func TestWhyWordsEveryCode(t *testing.T) {
	for _, code := range policy.Codes() {
		said := why(budgetapi.Reason{Code: string(code), SLO: "x", Value: 0.1, Limit: 0.2})
		if code != policy.Ambiguous { // a service in the table is never ambiguous
			assert.NotEqual(t, string(code), said)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		assert.Equal(t, want, number(n))
	}
}
