// SPDX-License-Identifier: Apache-2.0

package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const shipped = "../../../configs/service_catalog.yaml"

func TestRulesAreWrittenAFileAService(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "rules")
	code, out, errOut := run("rules", "--output-dir", dir, shipped)
	require.Equal(t, 0, code, errOut)
	assert.Contains(t, out, "3 services written")
	assert.Contains(t, errOut, "checkout@staging: the alert of http_latency over 1h and 5m is left out")
	var names []string
	found, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range found {
		names = append(names, f.Name())
	}
	assert.Contains(t, names, "dashboard-classic.json")
	for _, service := range []string{"checkout", "search", "checkout-staging"} {
		assert.Contains(t, names, "slo-"+service+".yaml")
		assert.Contains(t, names, "slo-"+service+"_test.yaml")
		code, out, errOut = run("rules", "--check", filepath.Join(dir, "slo-"+service+".yaml"))
		assert.Equal(t, 0, code, errOut)
		assert.Contains(t, out, "valid: 1 files")
	}
}

func TestRulesOfEveryKindAreValid(t *testing.T) {
	for _, profile := range []string{"classic", "sloth", "pyrra"} {
		for _, source := range []string{"sli_events", "histograms", "histograms_old"} {
			for _, burn := range []string{"simple", "google-30d", "7d"} {
				code, out, errOut := run("rules", "--check", "--profile", profile, "--source", source, "--burn", burn, shipped)
				assert.Equal(t, 0, code, "%s %s %s: %s", profile, source, burn, errOut)
				assert.Contains(t, out, "valid: 3 files")
			}
		}
	}
}

func TestRuleFormats(t *testing.T) {
	_, out, _ := run("rules", "--format", "operator", shipped)
	documents := strings.Split(out, "---\n")
	require.Len(t, documents, 3)
	var object struct {
		Kind     string
		Metadata struct{ Name string }
		Spec     struct{ Groups []struct{ Rules []any } }
	}
	require.NoError(t, yaml.Unmarshal([]byte(documents[2]), &object))
	assert.Equal(t, "PrometheusRule", object.Kind)
	assert.Equal(t, "slo-checkout-staging", object.Metadata.Name)
	assert.NotEmpty(t, object.Spec.Groups[0].Rules)

	_, out, _ = run("rules", "--format", "mimir", shipped)
	var namespace struct {
		Namespace string
		Groups    []struct{ Rules []any }
	}
	require.NoError(t, yaml.Unmarshal([]byte(strings.Split(out, "---\n")[0]), &namespace))
	assert.Equal(t, "slo-checkout", namespace.Namespace)
	for _, g := range namespace.Groups {
		assert.LessOrEqual(t, len(g.Rules), 20)
	}
}

func TestRulesAreRefused(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("groups: [{name: g, rules: [{record: a:b, expr: 'sum('}]}]"), 0o600))
	for _, tt := range []struct {
		args string
		says string
	}{
		{"rules", "accepts 1 arg"},
		{"rules nosuch.yaml", "no such file"},
		{"rules --profile other " + shipped, "--profile must be one of classic, sloth, pyrra"},
		{"rules --source other " + shipped, "--source must be one of sli_events, histograms, histograms_old"},
		{"rules --format other " + shipped, "--format must be one of prometheus, operator, mimir"},
		{"rules --burn other " + shipped, "--burn must be one of 28d"},
		{"rules --indicators uptime " + shipped, "--indicators must be of http_availability"},
		{"rules --silent-after 100ms " + shipped, "--silent-after must be whole seconds"},
		{"rules --check " + bad, "could not parse expression"},
	} {
		code, _, errOut := run(strings.Fields(tt.args)...)
		assert.Equal(t, 3, code, tt.args)
		assert.Contains(t, errOut, tt.says, tt.args)
	}
}

// The rules of all services in one file are no contradiction.
func TestPrintedRulesAreOneValidFile(t *testing.T) {
	for _, profile := range []string{"classic", "sloth", "pyrra"} {
		_, out, _ := run("rules", "--profile", profile, shipped)
		path := filepath.Join(t.TempDir(), "all.yaml")
		require.NoError(t, os.WriteFile(path, []byte(out), 0o600))
		code, said, errOut := run("rules", "--check", path)
		assert.Equal(t, 0, code, errOut)
		assert.Contains(t, said, "valid: 1 files")
	}
}
