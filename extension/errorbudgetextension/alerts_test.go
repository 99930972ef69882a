// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/confighttp"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// inbox keeps what a webhook gets.
type inbox struct {
	mu     sync.Mutex
	bodies []map[string]any
}

func (i *inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	var body map[string]any
	_ = json.Unmarshal(raw, &body)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.bodies = append(i.bodies, body)
}

// statuses returns what was said of an alert, in order and without repetition.
func (i *inbox) statuses(name string) []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var all []string
	for _, b := range i.bodies {
		alerts, _ := b["alerts"].([]any)
		for _, a := range alerts {
			a := a.(map[string]any)
			status := a["status"].(string)
			if a["labels"].(map[string]any)["alertname"] == name && (len(all) == 0 || all[len(all)-1] != status) {
				all = append(all, status)
			}
		}
	}
	return all
}

func receiverAt(url string) confighttp.ClientConfig {
	c := confighttp.NewDefaultClientConfig()
	c.Endpoint = url
	return c
}

// burn makes the minute before the current one bad, and waits until it is served.
// It returns the minute to evaluate at.
func (d *desk) burn(good, bad, valid uint64) slo.Minute {
	now := slo.MinuteOf(time.Now())
	d.Heartbeat(now, writer)
	d.Add(shopOK, now-1, good, bad, "d", writer)
	d.eventuallyValid(valid)
	return now
}

const fastBurn = "SLO_shop_BurnRate_Page_1h"

func TestWebhookIsToldOfBeginAndEnd(t *testing.T) {
	in := &inbox{}
	server := httptest.NewServer(in)
	defer server.Close()
	cfg := testConfig(t)
	cfg.Alerts.Profile = "google-30d"
	cfg.Alerts.Webhooks = []confighttp.ClientConfig{receiverAt(server.URL)}
	d := startDesk(t, cfg)
	minute := d.burn(900, 100, 1000)
	d.alerter.evaluate(minute, nil)
	require.Eventually(t, func() bool { return len(in.statuses(fastBurn)) == 1 }, 10*time.Second, 5*time.Millisecond)

	var g budgetapi.Gate
	var alerts budgetapi.Alerts
	require.Equal(t, http.StatusOK, d.get("/v1/alerts", &alerts))
	names := map[string]string{}
	for _, a := range alerts.Alerts {
		names[a.Name] = a.State
	}
	assert.Equal(t, "firing", names[fastBurn])
	assert.Equal(t, "firing", names["SloeHeartbeat"])

	// A burn of 20 over one minute, and the rest of the window is fine by far.
	d.burn(9_999_000, 0, 10_000_000)
	d.alerter.evaluate(minute, nil)
	require.Eventually(t, func() bool { return len(in.statuses(fastBurn)) == 2 }, 10*time.Second, 5*time.Millisecond)
	assert.Equal(t, []string{"firing", "resolved"}, in.statuses(fastBurn))
	assert.Equal(t, []string{"firing"}, in.statuses("SloeHeartbeat"))
	d.get("/v1/gate/shop", &g)
	assert.Equal(t, "NORMAL", g.State)
}

// While an alert of a fast burn fires, the best state is CANARY.
func TestFastBurnKeepsFromNormal(t *testing.T) {
	cfg := testConfig(t)
	cfg.Alerts.Profile = "google-30d"
	d := startDesk(t, cfg)
	now := slo.MinuteOf(time.Now())
	d.Heartbeat(now, writer)
	d.Add(shopOK, now-100, 10_000_000, 0, "d", writer) // a clean past
	minute := d.burn(900, 100, 10_001_000)
	d.alerter.evaluate(minute, nil)
	var g budgetapi.Gate
	d.get("/v1/gate/shop", &g)
	assert.Equal(t, "CANARY", g.State)
	codes := []string{}
	for _, r := range g.Reasons {
		codes = append(codes, r.Code)
	}
	assert.Contains(t, codes, "FAST_BURN")
	assert.Contains(t, codes, "BUDGET_OK")
}

func TestAReceiverThatIsAwayIsVisible(t *testing.T) {
	d := startDesk(t, testConfig(t))
	d.alerter.sent("http://a", 1, errors.New("connection refused"))
	assert.Equal(t, componentstatus.StatusRecoverableError, d.host.last())
	d.alerter.sent("http://a", 1, errors.New("connection refused"))
	assert.Equal(t, 1, d.logs.FilterMessageSnippet("cannot be told").Len(), "it is said once")
	d.alerter.sent("http://a", 1, nil)
	assert.Equal(t, componentstatus.StatusOK, d.host.last())
}

// A real Alertmanager receives an alert, routes it on, and sends its end.
func TestAlertmanagerReceivesAndResolves(t *testing.T) {
	program, err := exec.LookPath("prometheus-alertmanager")
	require.NoError(t, err, "the Debian package prometheus-alertmanager is needed: `make test` installs it")
	in := &inbox{}
	behind := httptest.NewServer(in)
	defer behind.Close()
	dir, address := t.TempDir(), freeAddress(t)
	write(t, filepath.Join(dir, "config.yml"), `
route: {receiver: behind, group_wait: 0s, group_interval: 1s, repeat_interval: 1h, group_by: [alertname]}
receivers: [{name: behind, webhook_configs: [{url: "`+behind.URL+`", send_resolved: true}]}]
`)
	p, err := process.Start(process.Command{Path: program, Dir: dir, Args: []string{
		"--config.file=config.yml", "--storage.path=data", "--web.listen-address=" + address, "--cluster.listen-address=",
	}})
	require.NoError(t, err)
	defer func() { assert.NoError(t, p.Kill()) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	require.Eventually(t, func() bool {
		response, err := client.Get("http://" + address + "/-/ready")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond, p.Stderr())

	cfg := testConfig(t)
	cfg.Catalogue = []string{filepath.Join(dir, "catalogue.yaml")}
	write(t, cfg.Catalogue[0], "services: [{name: shop, tier: tier2, team: retail}]")
	cfg.Alerts.Profile = "google-30d"
	cfg.Alerts.ExternalURL = "https://budgets.example"
	cfg.Alerts.Runbook = "https://runbooks.example/{service}"
	cfg.Alerts.Labels = map[string]string{"cluster": "eu"}
	cfg.Alerts.Alertmanagers = []confighttp.ClientConfig{receiverAt("http://" + address + "/")}
	d := startDesk(t, cfg)
	minute := d.burn(900, 100, 1000)
	d.alerter.evaluate(minute, nil)
	require.Eventually(t, func() bool { return len(in.statuses(fastBurn)) == 1 }, 30*time.Second, 20*time.Millisecond, p.Stderr())

	response, err := client.Get("http://" + address + "/api/v2/alerts?filter=" + `alertname="` + fastBurn + `"`)
	require.NoError(t, err)
	defer response.Body.Close()
	var held []struct {
		Labels, Annotations map[string]string
		GeneratorURL        string
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&held))
	require.Len(t, held, 1)
	assert.Equal(t, map[string]string{
		"alertname": fastBurn, "service": "shop", "namespace": "retail", "environment": "prod", "slo": "http_availability", "severity": "page",
		"burn_rate": "14.4", "long_window": "1h", "short_window": "5m", "tier": "tier2", "team": "retail", "cluster": "eu",
	}, held[0].Labels)
	assert.Equal(t, "https://budgets.example/v1/budgets/shop?environment=prod&namespace=retail", held[0].GeneratorURL)
	assert.Equal(t, "https://runbooks.example/shop", held[0].Annotations["runbook"])
	assert.True(t, strings.HasPrefix(held[0].Annotations["description"], "100 of 1000 events were bad within 1h."), held[0].Annotations)

	d.burn(9_999_000, 0, 10_000_000)
	d.alerter.evaluate(minute, nil)
	require.Eventually(t, func() bool { return len(in.statuses(fastBurn)) == 2 }, 30*time.Second, 20*time.Millisecond, p.Stderr())
	assert.Equal(t, []string{"firing", "resolved"}, in.statuses(fastBurn))
	assert.Equal(t, []string{"firing"}, in.statuses("SloeHeartbeat"))
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
