// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// local runs a command that asks no collector.
func local(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = Run(context.Background(), args, func(string) string { return "" }, &o, &e)
	return code, o.String(), e.String()
}

func writeFile(t *testing.T, directory, name, text string) string {
	t.Helper()
	path := filepath.Join(directory, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestValidate(t *testing.T) {
	directory := t.TempDir()
	writeFile(t, directory, "tiers.yaml", "tiers: {gold: {window: month, time_zone: Europe/Berlin}}")
	shop := writeFile(t, directory, "shop.yaml", `
services:
  - name: shop
    tier: gold
    slos:
      - {name: fast, indicator: http_latency, threshold_ms: 100, target: 0.95, window: 7d}
      - {name: minutes, indicator: grpc_latency, slice_target: 0.9}
`)
	code, out, errOut := local("slo", "validate", directory)
	assert.Zero(t, code)
	assert.Empty(t, errOut)
	assert.Equal(t, `SERVICE  TIER  SLO      INDICATOR          TARGET  GOOD IS                             WINDOW
shop     gold  fast     http_latency       0.95    an event within 100 ms              7d
shop     gold  minutes  grpc_latency       0.9     a minute, 0.9 of it within 2000 ms  month Europe/Berlin
shop     gold  (tier)   http_availability  0.995   an event without failure            month Europe/Berlin
valid: 1 services
`, out)

	code, out, _ = local("slo", "validate", shop)
	assert.Equal(t, exitInvalid, code, "without the file of its tier")
	assert.Equal(t, shop+":4: services[0].tier must be one of tier1, tier2, tier3, not \"gold\"\nnot valid: 1 to mend\n", out)

	code, out, _ = local("slo", "validate", "-o", "json", shop)
	assert.Equal(t, exitInvalid, code)
	var v validation
	require.NoError(t, json.Unmarshal([]byte(out), &v))
	assert.False(t, v.Valid)
	assert.Equal(t, 4, v.Mistakes[0].Line)
	code, out, _ = local("slo", "validate", "-o", "yaml", directory)
	assert.Zero(t, code)
	assert.Contains(t, out, "valid: true\nmistakes: []\nslos:\n  - service: shop\n")
}

func TestValidateNothing(t *testing.T) {
	code, _, errOut := local("slo", "validate", filepath.Join(t.TempDir(), "none.yaml"))
	assert.Equal(t, exitUnknown, code)
	assert.Contains(t, errOut, "no such file")
	code, _, errOut = local("slo", "validate")
	assert.Equal(t, exitUnknown, code)
	assert.Contains(t, errOut, "requires at least 1 arg")
	code, _, errOut = local("slo", "validate", "-o", "xml", t.TempDir())
	assert.Equal(t, exitUnknown, code)
	assert.Contains(t, errOut, "--output must be")
	code, out, _ := local("slo")
	assert.Zero(t, code)
	assert.Contains(t, out, "validate")
}
