// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/backend"
)

// requiredVariable lists, by commas, the back-ends that have to work here; others
// may be missing from this kernel, and are then skipped with what it lacks.
const requiredVariable = "SLOE_TEST_BACKENDS"

// eachBackend runs a test with every back-end, and prints what came of it as a
// line of the matrix of kernels (testbed/kernels/matrix): MATRIX, back-end, feature,
// result, separated by tabs.
func eachBackend(t *testing.T, feature string, run func(t *testing.T, name string)) {
	for _, b := range backend.All() {
		t.Run(b.Name, func(t *testing.T) {
			t.Cleanup(func() { printResult(t, b.Name, feature, "exact") })
			run(t, b.Name)
		})
	}
}

// printResult prints a line of the matrix: what is seen if the test passed.
func printResult(t *testing.T, backend, feature, seen string) {
	switch {
	case t.Failed():
		seen = "FAILED"
	case t.Skipped():
		seen = "-"
	}
	fmt.Printf("MATRIX\t%s\t%s\t%s\n", backend, feature, seen)
}

func required(name string) bool {
	return slices.Contains(strings.Split(os.Getenv(requiredVariable), ","), name)
}

// shownLog is how many lines of the verifier's log say why.
const shownLog = 60

// open opens a back-end, or skips the test if this kernel lacks it and nobody
// requires it.
func open(t testing.TB, name string, ringBytes int) *Capture {
	t.Helper()
	return openWith(t, Options{Backend: name, RingBytes: ringBytes, Sampling: Sampling{Ratio: 1}})
}

// openWith fills in what the tests do not care about.
func openWith(t testing.TB, options Options) *Capture {
	t.Helper()
	options.EdgesNs, options.StuckAfter, options.QueueTime, options.Chunks = []uint64{1e6, 1e9}, time.Second, true, true
	if testing.Short() {
		t.Skip("live: loads programs into this kernel, as root; make test runs it")
	}
	c, err := Open(options)
	if errors.Is(err, ErrUnsupported) && os.Geteuid() == 0 && !required(options.Backend) {
		t.Skip(err) // names what the kernel lacks
	}
	if refused := (*ebpf.VerifierError)(nil); errors.As(err, &refused) {
		t.Log(strings.Join(refused.Log[max(0, len(refused.Log)-shownLog):], "\n"))
	}
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	c.Clock().Sync()
	return c
}
