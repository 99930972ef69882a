// SPDX-License-Identifier: Apache-2.0

package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

var manifestEntry = regexp.MustCompile(`(?m)^\s+(?:- )?gomod: (\S+) (\S+)$`)

// The builder runs with --skip-get-modules, which checks no version, and
// `otelcol-sloe components` prints those of the manifest: they have to be true.
func TestManifestSaysWhatGoModPins(t *testing.T) {
	root := process.Root(t)
	raw, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	mod, err := modfile.Parse("go.mod", raw, nil)
	require.NoError(t, err)
	pinned := map[string]string{mod.Module.Mod.Path: "v0.0.0"}
	for _, r := range mod.Require {
		pinned[r.Mod.Path] = r.Mod.Version
	}

	manifest, err := os.ReadFile(filepath.Join(root, "builder-config.yaml"))
	require.NoError(t, err)
	entries := manifestEntry.FindAllStringSubmatch(string(manifest), -1)
	require.Len(t, entries, strings.Count(string(manifest), "gomod:"), "every entry is read")
	for _, e := range entries {
		assert.Equal(t, pinned[e[1]], e[2], "builder-config.yaml and go.mod differ on %s", e[1])
	}
}
