// SPDX-License-Identifier: Apache-2.0

package collectorbed

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Options are what to start.
type Options struct {
	// Program is the collector; Program(t) finds the one that was built.
	Program string
	// Config is the YAML. ${env:SLOE_TEST_DIR} in it is the collector's directory,
	// and other variables come from Env.
	Config string
	// Files are put into the collector's directory, by name.
	Files map[string]string
	// Env is added to the environment.
	Env []string
	// Dir is the collector's directory, for one that is started again on the
	// state of another; empty means a new one.
	Dir string
	// SysProcAttr sets user and ambient capabilities; may be nil. The directory is
	// given to that user, with a copy of the program: where the repository lies
	// may be closed to others.
	SysProcAttr *syscall.SysProcAttr
}

// OrdinaryUser is uid and gid 65534 with those capabilities alone.
func OrdinaryUser(capabilities ...uintptr) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: 65534, Gid: 65534},
		AmbientCaps: capabilities,
	}
}

// directory makes the collector's directory. It is not the test's own, which
// only its owner may enter.
func (o Options) directory(t testing.TB) string {
	t.Helper()
	if o.Dir != "" {
		return o.Dir
	}
	dir, err := os.MkdirTemp("", "collectorbed")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	if o.SysProcAttr != nil && o.SysProcAttr.Credential != nil {
		c := o.SysProcAttr.Credential
		require.NoError(t, os.Chown(dir, int(c.Uid), int(c.Gid)))
	}
	return dir
}

// program returns what to execute.
func (o Options) program(t testing.TB, dir string) string {
	t.Helper()
	if o.SysProcAttr == nil || o.SysProcAttr.Credential == nil {
		return o.Program
	}
	from, err := os.Open(o.Program)
	require.NoError(t, err)
	defer from.Close()
	path := filepath.Join(dir, filepath.Base(o.Program))
	to, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	require.NoError(t, err)
	_, err = io.Copy(to, from)
	require.NoError(t, err)
	require.NoError(t, to.Close())
	return path
}
