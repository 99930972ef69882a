// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A Prometheus scrapes a service of which one request in ten fails, and another
// one of which none does.
func TestARealPrometheusFires(t *testing.T) {
	if testing.Short() {
		t.Skip("starts prometheus")
	}
	var scrapes atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := 100 * (scrapes.Add(1) - 1) // zeros first
		for service, bad := range map[string]int64{"checkout": n / 10, "search": 0} {
			fmt.Fprintf(w, "sli_events_total{service_name=%q,sli_name=\"http_availability\",sli_outcome=\"good\"} %d\n", service, n-bad)
			fmt.Fprintf(w, "sli_events_total{service_name=%q,sli_name=\"http_availability\",sli_outcome=\"bad\"} %d\n", service, bad)
		}
	}))
	t.Cleanup(target.Close)

	dir := t.TempDir()
	writeRules(t, filepath.Join(dir, "rules.yaml"), generate(t, example, Options{Burn: "google-30d", Indicators: []string{"http_availability"}}).Files...)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(fmt.Sprintf(`
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yaml]
scrape_configs: [{job_name: sloe, static_configs: [{targets: [%q]}]}]
`, target.Listener.Addr().String())), 0o600))
	url := startPrometheus(t, dir)

	var fired map[string]bool
	require.Eventually(t, func() bool {
		fired = firingAlerts(url)
		return len(fired) >= 4
	}, 60*time.Second, 200*time.Millisecond, "all four alerts of checkout fire")
	for _, window := range []string{"1h", "6h", "1d", "3d"} {
		assert.True(t, fired["checkout "+window], "%s: %v", window, fired)
	}
	assert.Len(t, fired, 4, "search has no errors, and staging is not unresponsive yet: %v", fired)
}

// startPrometheus starts one on a free port, and returns its URL once it answers.
func startPrometheus(t *testing.T, dir string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	log, err := os.Create(filepath.Join(dir, "log"))
	require.NoError(t, err)
	cmd := exec.Command("prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		_ = log.Close()
		if t.Failed() {
			said, _ := os.ReadFile(log.Name())
			t.Log(tail(said))
		}
	})
	require.Eventually(t, func() bool {
		answer, err := http.Get("http://" + address + "/-/ready")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}, 60*time.Second, 100*time.Millisecond, "prometheus is ready")
	return "http://" + address
}

// firingAlerts returns service and long window of what fires.
func firingAlerts(url string) map[string]bool {
	answer, err := http.Get(url + "/api/v1/alerts")
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	var body struct {
		Data struct {
			Alerts []struct {
				State  string
				Labels map[string]string
			}
		}
	}
	if json.NewDecoder(answer.Body).Decode(&body) != nil {
		return nil
	}
	fired := map[string]bool{}
	for _, a := range body.Data.Alerts {
		if a.State == "firing" {
			fired[a.Labels["service"]+" "+a.Labels["long_window"]] = true
		}
	}
	return fired
}
