// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"

	"github.com/sloe-dev/sloe/internal/auditlog"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

func (d *desk) override(until time.Time) int {
	d.t.Helper()
	body := `{"actor":"ann","reason":"r","ticket":"T-1","service":"shop","allow":true,"until":"` + until.Format(time.RFC3339) + `"}`
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Post("http://"+d.server.listener.Addr().String()+"/v1/overrides", "application/json", strings.NewReader(body))
	require.NoError(d.t, err)
	require.NoError(d.t, response.Body.Close())
	return response.StatusCode
}

// An override outlives a restart, and is explained in the log of decisions.
func TestOverrideOverARestart(t *testing.T) {
	cfg := testConfig(t)
	d := startDesk(t, cfg)
	d.count(1, 9)
	require.False(t, d.eventuallyValid(10).Allow)
	require.Equal(t, http.StatusCreated, d.override(time.Now().Add(time.Hour)))
	require.NoError(t, d.Shutdown(context.Background()))

	again := startDesk(t, cfg)
	g := again.eventuallyValid(10)
	assert.True(t, g.Allow)
	assert.Equal(t, "FREEZE", g.State)
	assert.Equal(t, "ann", g.Override.Actor)
	decisions := again.logs.FilterMessage("decision").All()
	assert.Equal(t, g.Override.ID, decisions[0].ContextMap()["override"])
}

// A log that somebody changed allows nothing, and everybody can see it.
func TestAChangedAuditLog(t *testing.T) {
	cfg := testConfig(t)
	d := startDesk(t, cfg)
	d.count(1, 9)
	d.eventuallyValid(10)
	require.Equal(t, http.StatusCreated, d.override(time.Now().Add(time.Hour)))
	require.NoError(t, d.Shutdown(context.Background()))
	path := filepath.Join(cfg.StorageDirectory, auditlog.FileName)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	write(t, path, strings.Replace(string(data), "T-1", "T-2", 1))

	again := startDesk(t, cfg)
	assert.False(t, again.eventuallyValid(10).Allow)
	assert.Equal(t, componentstatus.StatusRecoverableError, again.host.last())
	assert.Equal(t, 1, again.logs.FilterMessageSnippet("The audit log is not as it was written").Len())
	var audit budgetapi.Audit
	require.Equal(t, http.StatusOK, again.get("/v1/audit", &audit))
	require.Len(t, audit.Records, 1)
	assert.Equal(t, "log_begun_anew", audit.Records[0].Event)
	assert.Contains(t, string(audit.Records[0].Data), "line 1: it was changed")
}

func TestExpiredOverridesAreWrittenDown(t *testing.T) {
	d := startDesk(t, testConfig(t))
	require.Equal(t, http.StatusCreated, d.override(time.Now().Add(2*time.Second)))
	require.Eventually(t, func() bool {
		d.expireOverrides()
		var audit budgetapi.Audit
		d.get("/v1/audit", &audit)
		return len(audit.Records) == 2 && audit.Records[1].Event == "override_expired"
	}, 10*time.Second, 50*time.Millisecond)
}
