// SPDX-License-Identifier: Apache-2.0

package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/replay"
)

func TestReplay(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	script := file("counts.budget", "load\n  shop http_availability 1000/0x60 850/150x10 1000/0x20\n")
	catalogue := file("catalogue.yaml", "services: [{name: shop, tier: tier2}]")
	code, out, errOut := run("replay", script, "--catalogue", catalogue, "--profile", "google-30d")
	require.Equal(t, 0, code, errOut)
	assert.Regexp(t, regexp.MustCompile(`2026-03-01T01:06:00Z +shop +SLO_shop_BurnRate_Page_1h +http_availability +firing`), out)
	assert.Regexp(t, regexp.MustCompile(`2026-03-01T01:15:00Z +shop +SLO_shop_BurnRate_Page_1h +http_availability +resolved`), out)
	assert.Regexp(t, regexp.MustCompile(`shop +state +http_availability +FREEZE +-\d+\.\d\d %`), out)

	table := file("counts.CSV", "time,service,sli,good,bad\n2026-03-01T00:00:00Z,shop,http_availability,0,10\n")
	code, out, _ = run("replay", table, "-o", "json", "--min-bad-events", "11")
	assert.Equal(t, 0, code)
	var answer struct{ Events []replay.Event }
	require.NoError(t, json.Unmarshal([]byte(out), &answer))
	require.Len(t, answer.Events, 1)
	assert.Equal(t, "FREEZE", answer.Events[0].To)

	_, out, _ = run("replay", file("nothing", "# nothing\n"))
	assert.Equal(t, "Nothing would have happened.\n", out)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{filepath.Join(dir, "none")}, "no such file"},
		{[]string{file("wrong", "explode")}, "line 1, explode: no such command"},
		{[]string{script, "--profile", "weekly"}, "the profile must be one of 28d, 7d, 90d, google-30d, simple"},
		{[]string{script, "--catalogue", file("bad.yaml", "services: 1")}, "services must be a list"},
		{[]string{script, "--unresponsive-after", "-1s"}, "--unresponsive-after must be 0"},
	} {
		code, _, errOut := run(append([]string{"replay"}, tt.args...)...)
		assert.Equal(t, 3, code)
		assert.Contains(t, errOut, tt.want)
	}
}
