// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each dashboard is read the way that Grafana does, from a Prometheus that has loaded
// the rules of its profile and scrapes a service of which one request in ten fails:
// each choice offers values, and for each value every query of every panel gives data,
// named by labels that it has.
func TestDashboardsShowData(t *testing.T) {
	if testing.Short() {
		t.Skip("starts prometheus")
	}
	for _, profile := range Profiles {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			require.NoError(t, WriteDashboard(&out, profile))
			var g grafana
			require.NoError(t, json.Unmarshal(out.Bytes(), &g))
			p := prometheusWith(t, profile)

			choice := g.Templating.List[1]
			require.Eventually(t, func() bool { return len(p.values(t, choice.Definition)) >= 2 }, 3*time.Minute, 500*time.Millisecond,
				"%s offers what there is to choose from", choice.Name)
			for _, value := range p.values(t, choice.Definition) {
				fails := strings.Contains(value, "checkout")
				for _, panel := range g.Panels {
					for _, target := range panel.Targets {
						query := strings.ReplaceAll(target.Expr, "$"+choice.Name, value)
						if strings.Contains(query, "ALERTS") && !fails {
							continue // of what is well no alert fires
						}
						var found []map[string]string
						assert.Eventually(t, func() bool {
							found = p.series(t, query)
							return len(found) > 0
						}, 3*time.Minute, 500*time.Millisecond, "%s of %s shows data: %s", panel.Title, value, query)
						for _, label := range legendLabels(target.LegendFormat) {
							has := slices.ContainsFunc(found, func(s map[string]string) bool { return s[label] != "" })
							assert.True(t, has || optional[label], "%s of %s: no series has the label %s: %v", panel.Title, value, label, found)
						}
					}
				}
			}
			for _, alert := range p.series(t, `ALERTS{alertstate="firing"}`) {
				assert.NotContains(t, fmt.Sprint(alert), "search", "nothing of it fails")
			}
		})
	}
}

// optional are labels of services that have a namespace or an environment, which the
// service of the test has not.
var optional = map[string]bool{labelNamespace: true, labelEnvironment: true}

func legendLabels(format string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`{{(\w+)}}`).FindAllStringSubmatch(format, -1) {
		names = append(names, m[1])
	}
	return names
}

// liveCatalogue is of a service that fails and of one that is well.
const liveCatalogue = `
services:
  - {name: checkout, slo: {availability: 0.999}}
  - {name: search, slo: {availability: 0.999}}
`

type livePrometheus string

// prometheusWith starts a Prometheus that scrapes and has loaded the rules.
func prometheusWith(t *testing.T, profile string) livePrometheus {
	t.Helper()
	var scrapes atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := 100 * (scrapes.Add(1) - 1) // zeros first
		for service, bad := range map[string]int64{"checkout": n / 10, "search": 0} {
			for outcome, count := range map[string]int64{"good": n - bad, "bad": bad} {
				fmt.Fprintf(w, "sli_events_total{service_name=%q,sli_name=\"http_availability\",sli_outcome=%q} %d\n", service, outcome, count)
			}
		}
	}))
	t.Cleanup(target.Close)
	dir := t.TempDir()
	set := generate(t, liveCatalogueFile(t), Options{Profile: profile, Indicators: []string{"http_availability"}})
	for i := range set.Files {
		for j := range set.Files[i].Groups {
			set.Files[i].Groups[j].Interval = 0 // as often as the server's default: nobody waits for minutes here
		}
	}
	writeRules(t, filepath.Join(dir, "rules.yaml"), set.Files...)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(fmt.Sprintf(`
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
scrape_configs: [{job_name: sloe, static_configs: [{targets: [%q]}]}]
`, target.Listener.Addr().String())), 0o600))
	return livePrometheus(startPrometheus(t, dir))
}

func liveCatalogueFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "catalogue.yaml")
	require.NoError(t, os.WriteFile(path, []byte(liveCatalogue), 0o600))
	return path
}

// values answers label_values(series, label) the way that Grafana asks.
func (p livePrometheus) values(t *testing.T, definition string) []string {
	t.Helper()
	m := regexp.MustCompile(`^label_values\((.+), (\w+)\)$`).FindStringSubmatch(definition)
	require.NotNil(t, m, definition)
	var answer struct{ Data []string }
	p.ask(t, "/api/v1/label/"+m[2]+"/values?match[]="+url.QueryEscape(m[1]), &answer)
	return answer.Data
}

// series are the labels of what a query gives now.
func (p livePrometheus) series(t *testing.T, query string) []map[string]string {
	t.Helper()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  []any
			}
		}
	}
	p.ask(t, "/api/v1/query?query="+url.QueryEscape(query), &answer)
	var found []map[string]string
	for _, r := range answer.Data.Result {
		if len(r.Value) == 2 && r.Value[1] != "NaN" {
			found = append(found, r.Metric)
		}
	}
	return found
}

func (p livePrometheus) ask(t *testing.T, path string, into any) {
	t.Helper()
	answer, err := http.Get(string(p) + path)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, "%s: %s", path, body)
	require.NoError(t, json.Unmarshal(body, into))
}
