// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func fetch(t *testing.T, h http.Handler, target string, status int) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, http.NoBody))
	require.Equal(t, status, w.Code, target)
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	return w.Body.String()
}

// What a screen reader needs: a language, one main landmark and heading, names
// for pictures and tables, heads with a scope, ids that are there once.
func TestPagesAreReadAloud(t *testing.T) {
	h := NewHandler(playFleet(t))
	for _, target := range []string{"/", "/services/payment-api", "/services/nightly-report", "/services/not-yet-deployed"} {
		body := fetch(t, h, target, http.StatusOK)
		assert.Contains(t, body, `<html lang="en">`)
		assert.Equal(t, 1, strings.Count(body, "<main"))
		assert.Equal(t, 1, strings.Count(body, "<h1"))
		for _, svg := range regexp.MustCompile(`<svg[^>]*>`).FindAllString(body, -1) {
			assert.Regexp(t, `role="img" aria-label="[^"]+"`, svg)
		}
		assert.Equal(t, strings.Count(body, "<table"), strings.Count(body, "<caption"))
		for _, th := range regexp.MustCompile(`<th[ >][^>]*`).FindAllString(body, -1) {
			assert.Contains(t, th, `scope="`)
		}
		ids := map[string]bool{}
		for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(body, -1) {
			assert.False(t, ids[id[1]], "id %s is there twice", id[1])
			ids[id[1]] = true
		}
		for _, of := range regexp.MustCompile(`aria-labelledby="([^"]*)"`).FindAllStringSubmatch(body, -1) {
			assert.True(t, ids[of[1]], "%s names nothing", of[1])
		}
	}
}

// Words are readable on their ground in both themes: a contrast of 4.5 (WCAG 2.2,
// 1.4.3), by the formula of its glossary.
func TestContrast(t *testing.T) {
	themes := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(style), -1)
	require.Len(t, themes, 2)
	for i, theme := range themes {
		colours := map[string]float64{}
		for _, c := range regexp.MustCompile(`--([a-z]+): (#[0-9a-f]+);`).FindAllStringSubmatch(theme[1], -1) {
			colours[c[1]] = luminance(t, c[2])
		}
		require.Len(t, colours, 12)
		for _, pair := range [][2]string{
			{"text", "page"}, {"text", "card"}, {"soft", "page"}, {"link", "page"}, {"unknown", "page"},
			{"on", "freeze"}, {"on", "canary"}, {"on", "normal"},
		} {
			a, b := colours[pair[0]], colours[pair[1]]
			assert.GreaterOrEqual(t, (max(a, b)+0.05)/(min(a, b)+0.05), 4.5, "theme %d: %v", i, pair)
		}
	}
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) == 4 {
		colour = "#" + strings.Repeat(colour[1:2], 2) + strings.Repeat(colour[2:3], 2) + strings.Repeat(colour[3:4], 2)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		require.NoError(t, err)
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// The list begins with what a person has ten seconds for.
func TestListSaysSinceWhen(t *testing.T) {
	body := fetch(t, NewHandler(playFleet(t)), "/", http.StatusOK)
	assert.Contains(t, body, "<h1>3 of 8 services may not release</h1>\n<p>The first of them since 2026-02-18 12:00 UTC.</p>")
	assert.Contains(t, body, "<small>since 2026-02-26 12:41 UTC</small>")
	assert.Equal(t, "Since 2026-03-01 12:00 UTC.", sinceWhen(1, noon))
	assert.Empty(t, sinceWhen(0, noon))
	assert.Empty(t, sinceWhen(2, time.Time{}))
}

func TestServicePage(t *testing.T) {
	h := NewHandler(playFleet(t))
	body := fetch(t, h, "/services/payment-api", http.StatusOK)
	for _, want := range []string{
		"<title>payment-api may not release</title>", "It may not release.", "FREEZE since 2026-02-26 12:41 UTC.", "4,1", "3,511 are permitted by the objective 0.9995",
		"curl -fsS &#39;http://example.com/v1/check/payment-api?environment=production&amp;namespace=shop&#39;",
		"2026-02-09 12:00 to 2026-02-10 12:00 UTC", ">20 %</text>", "Events of http_latency by day",
		`href="../v1/gate/payment-api?environment=production&amp;namespace=shop"`, `aria-label="Budget left over 30 d: -`, "not measured for about",
	} {
		assert.Contains(t, body, want)
	}
	for _, want := range []string{
		"Bad events of http_availability in 30d by what they have in common, the worst first</caption>", "By route", "By dependency", "By version", "By error",
		"POST /checkout/{cart}/payments/{payment}/confirmations", "others", "not known", "postgresql orders-db.internal:5432", "2026.02.2&#43;build.77ac01f",
		"What spends it is not known", "Where the time of 1,000 requests went since 2026-03-01 12:00 UTC", "62.48 %", "95 % at most",
	} {
		assert.Contains(t, body, want)
	}
	lines := strings.Count(body, "<polyline")
	assert.Equal(t, 4, lines, "each of two plots is broken where nobody measured")
}

func TestWhichService(t *testing.T) {
	p := playFleet(t)
	h := NewHandler(p)
	assert.Contains(t, fetch(t, h, "/services/nobody", http.StatusNotFound), "No such service was seen")
	assert.Contains(t, fetch(t, h, "/services/cart?environment=production", http.StatusNotFound), "No such service was seen")
	assert.Contains(t, fetch(t, h, "/services/cart?environment=staging", http.StatusOK), "It may not release.")
	assert.Contains(t, fetch(t, h, "/services/not-yet-deployed", http.StatusOK), "nothing can be computed while nothing is known")
}

func TestChoosing(t *testing.T) {
	h := NewHandler(playFleet(t))
	body := fetch(t, h, "/?state=FREEZE", http.StatusOK)
	assert.Contains(t, body, "2 of 8 services, the worst first")
	assert.Contains(t, body, "payment-api")
	assert.NotContains(t, body, "order-service")
	assert.Contains(t, fetch(t, h, "/?q=order", http.StatusOK), "1 of 8 services")
	assert.Contains(t, fetch(t, h, "/?page=99&state=nope", http.StatusOK), "0 of 8 services")
	assert.Equal(t, "300 of 500 services, the worst first: 101 to 200", caption(100, 200, 300, 500))
}
