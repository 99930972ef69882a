// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/auditlog"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

const overrideBody = `{"actor":"ann","reason":"the fix of the outage","ticket":"OPS-7","service":"frozen","allow":true,"until":"2026-03-01T14:00:00Z"}`

func jsonRequest(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

func TestOverrides(t *testing.T) {
	d := newDesk(t)
	d.count(slo.Service{Name: "frozen"}, slo.HTTPAvailability, 0, 1)
	assert.False(t, d.gate("/v1/gate/frozen").Allow)
	assert.Nil(t, d.gate("/v1/gate/frozen").Override)

	w := d.post(jsonRequest(http.MethodPost, "/v1/overrides", overrideBody), "override")
	require.Equal(t, http.StatusCreated, w.Code)
	set := decode[budgetapi.OverrideEntry](t, w)
	assert.Equal(t, "ann@example", set.AuthenticatedAs)
	assert.Equal(t, noon, set.From)

	g := d.gate("/v1/gate/frozen")
	assert.Equal(t, "FREEZE", g.State, "an override changes what is allowed, never the state")
	assert.True(t, g.Allow)
	assert.Equal(t, "full", g.Strategy.Type)
	assert.Equal(t, &budgetapi.Override{
		ID: set.ID, Actor: "ann", Reason: "the fix of the outage", Ticket: "OPS-7", Allow: true, Until: noon.Truncate(time.Hour).Add(2 * time.Hour),
	}, g.Override)
	assert.Equal(t, http.StatusOK, d.call(http.MethodGet, "/v1/check/frozen?strategy=full", "gate").Code)
	listed := decode[budgetapi.Overrides](t, d.call(http.MethodGet, "/v1/overrides", "overrides"))
	assert.Equal(t, []budgetapi.OverrideEntry{set}, listed.Overrides)

	d.call(http.MethodDelete, "/v1/overrides/"+set.ID, "error")
	w = d.call(http.MethodDelete, "/v1/overrides/"+set.ID+"?actor=bob&reason=done", "override")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.False(t, d.gate("/v1/gate/frozen").Allow)
	assert.Equal(t, http.StatusNotFound, d.call(http.MethodDelete, "/v1/overrides/"+set.ID+"?actor=bob", "error").Code)

	audit := decode[budgetapi.Audit](t, d.call(http.MethodGet, "/v1/audit?limit=1", "audit"))
	require.Len(t, audit.Records, 1)
	assert.Equal(t, "override_set", audit.Records[0].Event)
	assert.EqualValues(t, 1, *audit.Next)
	audit = decode[budgetapi.Audit](t, d.call(http.MethodGet, "/v1/audit?after=1", "audit"))
	require.Len(t, audit.Records, 1)
	assert.Equal(t, "override_cleared", audit.Records[0].Event)
	assert.Equal(t, "bob", audit.Records[0].Actor)
	assert.Nil(t, audit.Next)
}

// A refusal overrules what the budget allows, and a name that fits several
// services as well.
func TestOverrideThatRefuses(t *testing.T) {
	d := newDesk(t)
	for _, namespace := range []string{"a", "b"} {
		d.count(slo.Service{Name: "frozen", Namespace: namespace}, slo.HTTPAvailability, 100, 0)
	}
	body := strings.Replace(overrideBody, `"allow":true`, `"allow":false`, 1)
	require.Equal(t, http.StatusCreated, d.post(jsonRequest(http.MethodPost, "/v1/overrides", body), "override").Code)
	for target, state := range map[string]string{"/v1/check/frozen?namespace=a": "NORMAL", "/v1/check/frozen": "UNKNOWN"} {
		w := d.call(http.MethodGet, target, "gate")
		assert.NotEqual(t, http.StatusOK, w.Code)
		g := decode[budgetapi.Gate](t, w)
		assert.Equal(t, state, g.State)
		assert.Equal(t, "none", g.Strategy.Type)
	}
}

func TestOverridesAreRefused(t *testing.T) {
	d := newDesk(t)
	for body, want := range map[string]string{
		"":                 "the body must be the JSON of an override",
		"[]":               "the body must be the JSON of an override",
		overrideBody + "1": "there is more after the object",
		`{"x":1}`:          "unknown field",
		strings.Replace(overrideBody, "14:00", "11:00", 1): `\"until\" must be a time`,
		strings.Replace(overrideBody, "OPS-7", "", 1):      `\"ticket\" must be given`,
	} {
		w := d.post(jsonRequest(http.MethodPost, "/v1/overrides", body), "error")
		assert.Equal(t, http.StatusBadRequest, w.Code)
		assert.Contains(t, w.Body.String(), want)
	}
	form := jsonRequest(http.MethodPost, "/v1/overrides", overrideBody)
	form.Header.Set("Content-Type", "text/plain")
	assert.Contains(t, d.post(form, "error").Body.String(), "Content-Type must be application/json")
	for _, target := range []string{"/v1/audit?after=x", "/v1/audit?limit=1001", "/v1/audit?limit=1&limit=2", "/v1/overrides?service=x"} {
		assert.Equal(t, http.StatusBadRequest, d.call(http.MethodGet, target, "error").Code, target)
	}
	records, err := d.audit.Read(0, 10)
	require.NoError(t, err)
	assert.Empty(t, records)
}

func TestWithoutAuthenticationOnlyThisHostMayChange(t *testing.T) {
	d := newDesk(t)
	d.set.Guarded, d.set.Who = false, nil
	d.Handler = NewHandler(d.set)
	for name, tt := range map[string]struct {
		remote, host, header string
		want                 int
	}{
		"this host":                 {"127.0.0.1:4000", "localhost:7560", "", 201},
		"by address":                {"127.0.0.2:4000", "127.0.0.1:7560", "", 201},
		"IPv6":                      {"[::1]:4000", "[::1]:7560", "", 201},
		"without a port":            {"[::1]:4000", "[::1]", "", 201},
		"mapped":                    {"[::ffff:127.0.0.1]:4000", "localhost", "", 201},
		"another host":              {"192.0.2.1:4000", "localhost:7560", "", 403},
		"a proxy":                   {"127.0.0.1:4000", "localhost:7560", "X-Forwarded-For", 403},
		"another proxy":             {"127.0.0.1:4000", "localhost:7560", "Forwarded", 403},
		"a name that leads here":    {"127.0.0.1:4000", "evil.example:7560", "", 403},
		"no address":                {"@", "localhost", "", 403},
		"a name like this host's":   {"127.0.0.1:4000", "localhost.evil.example", "", 403},
		"an address somewhere else": {"127.0.0.1:4000", "192.0.2.1", "", 403},
	} {
		r := jsonRequest(http.MethodPost, "/v1/overrides", overrideBody)
		r.RemoteAddr, r.Host = tt.remote, tt.host
		if tt.header != "" {
			r.Header.Set(tt.header, "for=192.0.2.9")
		}
		assert.Equal(t, tt.want, answer(d, r).Code, name)
	}
	assert.Equal(t, http.StatusForbidden, d.call(http.MethodDelete, "/v1/overrides/x?actor=a", "error").Code)
	assert.Equal(t, http.StatusOK, d.call(http.MethodGet, "/v1/overrides", "overrides").Code, "anybody may read")
}

func TestOverridesThatCannotBeWritten(t *testing.T) {
	d := newDesk(t)
	set := decode[budgetapi.OverrideEntry](t, d.post(jsonRequest(http.MethodPost, "/v1/overrides", overrideBody), "override"))
	require.NoError(t, d.audit.Close())
	w := d.post(jsonRequest(http.MethodPost, "/v1/overrides", overrideBody), "error")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), "nothing was changed")
	assert.Equal(t, http.StatusServiceUnavailable, d.call(http.MethodDelete, "/v1/overrides/"+set.ID+"?actor=a", "error").Code)
	listed := decode[budgetapi.Overrides](t, d.call(http.MethodGet, "/v1/overrides", "overrides"))
	assert.Len(t, listed.Overrides, 1)
}

func TestAuditThatCannotBeRead(t *testing.T) {
	d := newDesk(t)
	path := filepath.Join(d.auditDir, auditlog.FileName)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700))
	assert.Equal(t, http.StatusServiceUnavailable, d.call(http.MethodGet, "/v1/audit", "error").Code)
}
