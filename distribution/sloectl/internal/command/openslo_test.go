// SPDX-License-Identifier: Apache-2.0

package command

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestOpenSLOThereAndBack(t *testing.T) {
	directory := t.TempDir()
	before := writeFile(t, directory, "before.yaml", `
services:
  - {name: shop, tier: tier1, slos: [{name: fast, indicator: http_latency, threshold_ms: 100}]}
`)
	code, documents, errOut := local("openslo", "export", before)
	require.Zero(t, code, errOut)
	assert.Equal(t, 3, strings.Count(documents, "apiVersion: openslo/v1\n"), "the service, fast, and the tier's availability")
	exported := writeFile(t, directory, "exported.yaml", documents)
	code, catalogue, errOut := local("openslo", "import", "--strict", exported)
	assert.Zero(t, code, errOut)
	assert.Empty(t, errOut)
	after := writeFile(t, directory, "after.yaml", catalogue)
	want, err := slo.LoadCatalogue(before)
	require.NoError(t, err)
	got, err := slo.LoadCatalogue(after)
	require.NoError(t, err)
	assert.Equal(t, want.Entries(), got.Entries())
}

func TestOpenSLOImportSaysWhatItLeavesOut(t *testing.T) {
	file := writeFile(t, t.TempDir(), "slo.yaml", `apiVersion: openslo/v1
kind: SLO
metadata: {name: paid}
spec:
  service: shop
  owner: me
  indicator: {metadata: {name: paid-requests}, spec: {ratioMetric: {good: {metricSource: {spec: {query: x}}}}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  objectives: [{target: 0.99}]
`)
	code, out, errOut := local("openslo", "import", file)
	assert.Zero(t, code)
	assert.Contains(t, out, "name: shop")
	assert.Contains(t, errOut, "nothing tells which indicator SLI paid-requests is")

	args := []string{"openslo", "import", "--indicator", "paid-requests=http_availability", file}
	code, out, errOut = local(args...)
	assert.Zero(t, code)
	assert.Contains(t, out, "indicator: http_availability")
	assert.Equal(t, file+":6: SLO paid: left out: spec.owner has no place in a catalogue\n", errOut)
	code, _, _ = local(append(args, "--strict")...)
	assert.Equal(t, exitInvalid, code)
}

func TestOpenSLOErrors(t *testing.T) {
	directory := t.TempDir()
	pod := writeFile(t, directory, "pod.yaml", "apiVersion: v1\nkind: Pod\n")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"openslo", "import", filepath.Join(directory, "none")}, "no such file"},
		{[]string{"openslo", "import", pod}, pod + `:1: apiVersion must be openslo/v1, not "v1"`},
		{[]string{"openslo", "import"}, "requires at least 1 arg"},
		{[]string{"openslo", "export", pod}, "unknown key"},
		{[]string{"openslo", "export", "--for", "cpu", pod}, "--for must be of"},
	} {
		code, _, errOut := local(tt.args...)
		assert.Equal(t, exitUnknown, code)
		assert.Contains(t, errOut, tt.want)
	}
	code, out, _ := local("openslo")
	assert.Zero(t, code)
	assert.Contains(t, out, "export")
}
