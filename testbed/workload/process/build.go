// SPDX-License-Identifier: Apache-2.0

package process

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Root returns the root of the repository.
func Root(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/sloe-dev/sloe").Output()
	require.NoError(t, err, "finding the module's root")
	return strings.TrimSpace(string(out))
}

// Build compiles a package main of this repository, such as
// "testbed/cmd/goserver", and returns the path of the program. The go command's
// cache makes a second call cheap.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	root := Root(t)
	bin := filepath.Join(t.TempDir(), path.Base(pkg))
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "./"+pkg)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as in the Makefile: a compile less
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, fmt.Sprintf("building %s:\n%s", pkg, out))
	return bin
}

// Copy copies an installed program, so that it runs under another name, and returns the
// copy's path. Its package is named where the program is missing.
func Copy(t testing.TB, debian, from, to string) string {
	t.Helper()
	raw, err := os.ReadFile(from)
	require.NoError(t, err, "%s is missing? `make test` installs it", debian)
	require.NoError(t, os.WriteFile(to, raw, 0o755))
	return to
}
