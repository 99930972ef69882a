// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/internal/backend"
)

// narrowVariable names this test program built for the 32-bit architecture, where no Go
// is at hand to build it (testbed/kernels).
const narrowVariable = "SLOE_TEST_32BIT"

// narrow are the 32-bit architectures whose programs a kernel may run. (There is no
// object for 32-bit ARM, so this package cannot be built for it.)
var narrow = map[string]string{"amd64": "386"}

// TestNarrowPrograms: 32-bit programs, whose system calls have a table, registers and
// structures of their own, are counted like the others.
func TestNarrowPrograms(t *testing.T) {
	program := ""
	for _, b := range backend.All() {
		t.Run(b.Name, func(t *testing.T) {
			c := open(t, b.Name, 32<<20)
			program = cmp.Or(program, narrowProgram(t))
			for _, s := range shapes {
				if s.handed || s.family != unix.AF_INET || s.queueless {
					continue // that does not depend on the width
				}
				t.Run(s.what, func(t *testing.T) {
					t.Cleanup(func() { printResult(t, b.Name, "32-bit, "+s.what, s.seen()) })
					testShape(t, c, program, s)
				})
			}
		})
	}
}

// narrowProgram builds this test program for 32 bits, and skips the test where the kernel runs no such programs.
func narrowProgram(t *testing.T) string {
	t.Helper()
	goarch := narrow[runtime.GOARCH]
	if goarch == "" {
		t.Skipf("no 32-bit program is built for %s", runtime.GOARCH)
	}
	program := os.Getenv(narrowVariable)
	if program == "" {
		directory, err := os.MkdirTemp("", "narrow")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, os.RemoveAll(directory)) })
		program = filepath.Join(directory, "narrow.test")
		build := exec.Command("go", "test", "-c", "-o", program, ".")
		build.Env = append(os.Environ(), "GOARCH="+goarch, "CGO_ENABLED=0")
		out, err := build.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	if err := exec.Command(program, "-test.run", "^$").Run(); errors.Is(err, unix.ENOEXEC) {
		t.Skipf("this kernel runs no programs for %s (CONFIG_IA32_EMULATION)", goarch)
	} else {
		require.NoError(t, err)
	}
	return program
}
