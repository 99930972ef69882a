// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Maintenance that is named after the fact takes its counts out of the verdict
// while the collector runs, and gives them back.
func TestExclusionsAreReloaded(t *testing.T) {
	cfg := testConfig(t)
	cfg.Exclusions = filepath.Join(t.TempDir(), "exclusions.yaml")
	write(t, cfg.Exclusions, "exclusions: []")
	d := startDesk(t, cfg)
	d.count(900, 100)
	assert.Equal(t, "FREEZE", d.eventuallyValid(1000).State)

	now := time.Now().UTC()
	write(t, cfg.Exclusions, "exclusions:\n  - {name: move, services: [sh*], start: "+
		now.Add(-time.Hour).Format(time.RFC3339)+", duration: 2h}\n")
	assert.Equal(t, "NORMAL", d.eventuallyValid(0).State)
	var b budgetapi.Budgets
	d.get("/v1/budgets/shop", &b)
	assert.EqualValues(t, 1000, b.Services[0].SLOs[0].Excluded, "nothing is deleted")
	d.count(5, 5)
	require.Eventually(t, func() bool {
		d.get("/v1/budgets/shop", &b)
		return b.Services[0].SLOs[0].Excluded == 1010
	}, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, d.keeper.Rebuild(context.Background()))
	d.eventuallyValid(0)

	write(t, cfg.Exclusions, "exclusions: [{}]")
	require.Eventually(t, func() bool { return d.host.last() == componentstatus.StatusRecoverableError }, 10*time.Second, 5*time.Millisecond)
	assert.Equal(t, "NORMAL", d.eventuallyValid(0).State, "the last good ones stay in force")
	write(t, cfg.Exclusions, "exclusions: [] # none any more")
	assert.Equal(t, "FREEZE", d.eventuallyValid(1010).State)
	require.Eventually(t, func() bool { return d.host.last() == componentstatus.StatusOK }, 10*time.Second, 5*time.Millisecond)
}

// What is added by the endpoint is in force at once and after a restart, hatched on
// the page as the file's is, and counts again when it is taken back.
func TestExclusionsAreAdded(t *testing.T) {
	cfg := testConfig(t)
	d := startDesk(t, cfg)
	d.Add(shopOK, slo.MinuteOf(time.Now())-30, 7, 0, "d", writer) // what stays
	d.count(900, 100)
	assert.Equal(t, "FREEZE", d.eventuallyValid(1007).State)
	base := func() string { return "http://" + d.server.listener.Addr().String() }
	body := `{"actor":"ann","reason":"a new disk","ticket":"OPS-8","services":["*/shop@*"],"end":"` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`
	json := map[string]string{"Content-Type": "application/json"}
	status, _ := send(t, http.MethodPost, base()+"/v1/exclusions", body, json)
	require.Equal(t, http.StatusCreated, status)
	var list budgetapi.Exclusions
	d.get("/v1/exclusions", &list)
	require.Len(t, list.Exclusions, 1)
	id := list.Exclusions[0].Added.ID

	// Half a minute may have passed, so only what comes now is surely within.
	d.count(1000, 2000)
	var b budgetapi.Budgets
	require.Eventually(t, func() bool {
		d.get("/v1/budgets/shop", &b)
		return b.Services[0].SLOs[0].Excluded >= 3000
	}, 10*time.Second, 5*time.Millisecond)
	excluded := b.Services[0].SLOs[0].Excluded
	assert.Contains(t, page(t, base()+"/services/shop"), "<title>excluded</title>")
	assert.Contains(t, page(t, base()+"/services/shop"), `<h2 id="excluded">Excluded minutes</h2>`)

	require.NoError(t, d.Shutdown(context.Background()))
	again := startDesk(t, cfg)
	again.get("/v1/budgets/shop", &b)
	assert.Equal(t, excluded, b.Services[0].SLOs[0].Excluded, "a restart finds it in the audit log")
	again.get("/v1/exclusions", &list)
	require.Len(t, list.Exclusions, 1)
	assert.Equal(t, id, list.Exclusions[0].Added.ID)
	status, _ = send(t, http.MethodDelete, "http://"+again.server.listener.Addr().String()+"/v1/exclusions/"+id+"?actor=bob", "", nil)
	require.Equal(t, http.StatusOK, status)
	again.eventuallyValid(4007)
}

func page(t *testing.T, url string) string {
	t.Helper()
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}
