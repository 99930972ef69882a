// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// ruleDocument is one YAML document of rules, of either format.
type ruleDocument struct {
	Kind   string
	Groups []struct{ Name string }
	Spec   struct{ Groups []struct{ Name string } }
}

func getRules(t *testing.T, d *desk, target string) ruleDocument {
	t.Helper()
	w := answer(d, httptest.NewRequest(http.MethodGet, target, http.NoBody))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	assert.Equal(t, "application/yaml", w.Header().Get("Content-Type"))
	var doc ruleDocument
	require.NoError(t, yaml.Unmarshal(w.Body.Bytes(), &doc))
	return doc
}

func TestRulesOfTheCatalogue(t *testing.T) {
	d := newDesk(t)
	all := getRules(t, d, "/v1/rules")
	require.NotEmpty(t, all.Groups)
	listed := d.assessor.Catalogue().Entries()
	require.NotEmpty(t, listed)
	assert.Equal(t, "slo-"+listed[0].Service.Name, all.Groups[0].Name)

	one := getRules(t, d, "/v1/rules?service=shop")
	assert.NotEmpty(t, one.Groups)
	assert.Less(t, len(one.Groups), len(all.Groups))
	assert.Equal(t, "sloth-slo-presence-shop", getRules(t, d, "/v1/rules?service=shop&profile=sloth&source=histograms&burn=7d").Groups[0].Name)
	object := getRules(t, d, "/v1/rules?service=shop&format=operator")
	assert.Equal(t, "PrometheusRule", object.Kind)
	assert.NotEmpty(t, object.Spec.Groups)
}

func TestRulesAreRefused(t *testing.T) {
	d := newDesk(t)
	for target, want := range map[string]string{
		"/v1/rules?profile=x":      "parameter profile must be one of classic, sloth, pyrra",
		"/v1/rules?source=x":       "parameter source must be one of",
		"/v1/rules?format=x":       "parameter format must be one of prometheus, operator, mimir",
		"/v1/rules?burn=x":         "parameter burn must be one of",
		"/v1/rules?nope=x":         "unknown parameter",
		"/v1/rules?service=nobody": "does not list",
	} {
		w := answer(d, httptest.NewRequest(http.MethodGet, target, http.NoBody))
		assert.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, w.Code, target)
		assert.Contains(t, w.Body.String(), want, target)
	}
}
