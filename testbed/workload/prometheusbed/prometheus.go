// SPDX-License-Identifier: Apache-2.0

// Package prometheusbed starts Debian's Prometheus: scraping given targets, with a
// past made by promtool, stopped and started again on its data.
package prometheusbed // import "github.com/sloe-dev/sloe/testbed/workload/prometheusbed"

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// patience bounds start and stop on a busy machine.
const patience = 60 * time.Second

// Prometheus is a started one. It may be stopped or killed, and started again.
type Prometheus struct {
	*process.Process
	// URL is the root of its API. It stays the same when it is started again.
	URL string
	dir string
}

// Options are what to start.
type Options struct {
	// Targets are scraped every second: addresses with /metrics.
	Targets []string
	// Past is text in the format of OpenMetrics, with instants, that Prometheus holds
	// from the start on.
	Past string
}

// Start starts a Prometheus and waits until it answers. The test's end stops it.
func Start(t testing.TB, o Options) *Prometheus {
	t.Helper()
	p := &Prometheus{dir: t.TempDir(), URL: "http://" + nginxbed.FreeAddress(t)}
	quoted := make([]string, len(o.Targets))
	for i, target := range o.Targets {
		quoted[i] = fmt.Sprintf("%q", target)
	}
	p.write(t, "prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: sloe, static_configs: [{targets: [%s]}]}]
`, strings.Join(quoted, ", ")))
	if o.Past != "" {
		p.write(t, "past.txt", o.Past)
		_, err := process.Run("promtool", "tsdb", "create-blocks-from", "openmetrics", p.path("past.txt"), p.path("data"))
		require.NoError(t, err)
	}
	p.StartAgain(t)
	t.Cleanup(func() { assert.NoError(t, p.Stop(patience)) })
	return p
}

// StartAgain starts it on its data, after a Stop or a Kill.
func (p *Prometheus) StartAgain(t testing.TB) {
	t.Helper()
	var err error
	p.Process, err = process.Start(process.Command{Path: "prometheus", Args: []string{
		"--config.file=" + p.path("prometheus.yml"), "--storage.tsdb.path=" + p.path("data"), "--storage.tsdb.retention.time=100d",
		"--web.listen-address=" + strings.TrimPrefix(p.URL, "http://"),
	}})
	require.NoError(t, err, "not installed: make test installs it")
	require.Eventually(t, func() bool {
		answer, err := http.Get(p.URL + "/-/ready")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}, patience, 50*time.Millisecond, "prometheus is not ready")
}

// Halt asks it to end, and waits until it has.
func (p *Prometheus) Halt(t testing.TB) {
	t.Helper()
	require.NoError(t, p.Stop(patience))
}

func (p *Prometheus) path(name string) string { return filepath.Join(p.dir, name) }

func (p *Prometheus) write(t testing.TB, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(p.path(name), []byte(text), 0o600))
}
