// SPDX-License-Identifier: Apache-2.0

// Package scripttest runs budget scripts as golden tests. It stands apart from
// package budgetscript, so that programs which run scripts hold no test library.
package scripttest // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budgetscript/scripttest"

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budgetscript"
)

var update = flag.Bool("update", false, "rewrite the answers in budget scripts")

// Test runs each script that a pattern names, and holds what it says against
// what the desk answers. Setup and queries are those of budgetscript.Execute; setup is called
// for each script anew.
func Test(t *testing.T, pattern string, setup func(*budgetscript.Desk), queries map[string]budgetscript.Query) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files, "no script fits %s", pattern)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			got, err := budgetscript.Execute(string(want), setup, queries)
			require.NoError(t, err)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			assert.Equal(t, string(want), got)
		})
	}
}
