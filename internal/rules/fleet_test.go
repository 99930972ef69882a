// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestPromtoolAcceptsTenThousandServices(t *testing.T) {
	if testing.Short() {
		t.Skip("needs promtool")
	}
	const services = 10_000
	var catalogue strings.Builder
	catalogue.WriteString("services:\n")
	for i := range services {
		fmt.Fprintf(&catalogue, "  - {name: service-%05d, tier: tier%d, team: team-%d}\n", i, i%3+1, i%50)
	}
	snapshot, err := slo.ParseCatalogue("fleet", []byte(catalogue.String()))
	require.NoError(t, err)
	set, err := Generate(snapshot.Entries(), Options{Indicators: []string{slo.HTTPAvailability, slo.HTTPLatency}})
	require.NoError(t, err)
	require.Len(t, set.Files, services)

	dir := t.TempDir()
	for i := 0; i < services; i += 100 { // a hundred services a file: a file has no limit, a group has
		writeRules(t, filepath.Join(dir, fmt.Sprintf("fleet-%03d.yaml", i/100)), set.Files[i:i+100]...)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	require.NoError(t, err)
	out, err := exec.Command("promtool", append([]string{"check", "rules"}, found...)...).CombinedOutput()
	require.NoError(t, err, tail(out))
	assert.Equal(t, services/100, strings.Count(string(out), "SUCCESS: 1400 rules found"), tail(out))
}
