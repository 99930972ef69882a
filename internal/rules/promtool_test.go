// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

// tool runs promtool, which `make test` installs.
func tool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs promtool")
	}
	cmd := exec.Command("promtool", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "promtool %s: %s", args[0], tail(out))
	return string(out)
}

func tail(out []byte) string { return string(out[max(0, len(out)-8000):]) }

func entries(t testing.TB, path string) []slo.Entry {
	t.Helper()
	s, err := slo.LoadCatalogue(path)
	require.NoError(t, err)
	return s.Entries()
}

// save writes a set as sloectl does, and returns the names of rules and tests.
func save(t testing.TB, dir string, set Set) (ruleFiles, testFiles []string) {
	t.Helper()
	for _, f := range set.Files {
		writeRules(t, filepath.Join(dir, f.Name+".yaml"), f)
		tests, err := os.Create(filepath.Join(dir, f.Name+"_test.yaml"))
		require.NoError(t, err)
		require.NoError(t, WriteTests(tests, f.Name+".yaml", f.Tests()))
		require.NoError(t, tests.Close())
		ruleFiles, testFiles = append(ruleFiles, f.Name+".yaml"), append(testFiles, f.Name+"_test.yaml")
	}
	return ruleFiles, testFiles
}

func writeRules(t testing.TB, path string, files ...File) {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, Write(file, Prometheus, files...))
	require.NoError(t, file.Close())
}

const example = "../../distribution/configs/service_catalog.yaml"

func TestPromtoolAcceptsAndTheUnitTestsPass(t *testing.T) {
	const shape = "testdata/service_catalog.yaml"
	for _, tt := range []struct{ catalogue, profile, source string }{
		{example, Classic, SLIEvents},
		{shape, Classic, SLIEvents},
		{shape, Classic, Histograms},
		{shape, Classic, HistogramsOld},
		{"testdata/named.yaml", Classic, SLIEvents},
		{"testdata/one.yaml", Sloth, SLIEvents},
		{"testdata/one.yaml", Sloth, Histograms},
		{"testdata/one.yaml", Pyrra, SLIEvents},
		{"testdata/one.yaml", Pyrra, HistogramsOld},
	} {
		t.Run(fmt.Sprintf("%s/%s/%s", filepath.Base(tt.catalogue), tt.profile, tt.source), func(t *testing.T) {
			set, err := Generate(entries(t, tt.catalogue), Options{Profile: tt.profile, Source: tt.source, Indicators: some(tt.profile)})
			require.NoError(t, err)
			dir := t.TempDir()
			ruleFiles, testFiles := save(t, dir, set)
			out := tool(t, dir, append([]string{"check", "rules"}, ruleFiles...)...)
			assert.Equal(t, len(set.Files), strings.Count(out, "SUCCESS"), out)
			out = tool(t, dir, append([]string{"test", "rules"}, testFiles...)...)
			assert.Equal(t, len(set.Files), strings.Count(out, "SUCCESS"), out)
		})
	}
}

func TestSilenceFiresWhenItIsTooLong(t *testing.T) {
	for _, source := range Sources {
		set := generate(t, "testdata/one.yaml", Options{Source: source, SilentAfter: 2 * time.Hour, Indicators: []string{slo.HTTPAvailability, slo.DBLatency}})
		dir := t.TempDir()
		_, testFiles := save(t, dir, set)
		out := tool(t, dir, "test", "rules", testFiles[0])
		assert.Contains(t, out, "SUCCESS")
		written, err := os.ReadFile(filepath.Join(dir, testFiles[0]))
		require.NoError(t, err)
		assert.Contains(t, string(written), "idle is silent, for as long as is allowed")
	}
}

// some bounds the time of promtool, which evaluates all rules of a file for each
// test, where every indicator has groups of its own.
func some(profile string) []string {
	if profile == Classic {
		return nil
	}
	return []string{slo.HTTPAvailability, slo.DBLatency}
}
