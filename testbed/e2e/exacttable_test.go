// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/collectorbed"
)

// TestMain prints the table of the exactness suite behind its tests: `make
// test-exact`.
func TestMain(m *testing.M) {
	code := m.Run()
	exactTable.print()
	os.Exit(code)
}

// exactRow is one scenario of the exactness suite at one server.
type exactRow struct {
	scenario, server string
	own              uint64 // the server's own count
	spans, unspanned uint64 // that Sloe has of it
	kernel           kernelCounts
	// boundary are requests of the scenario that were under way when the capture
	// began or ended.
	boundary uint64
	equal    bool
}

// exactRows may be added to by tests that run at once.
type exactRows struct {
	mu   sync.Mutex
	rows []exactRow
}

var exactTable exactRows

func (e *exactRows) add(r exactRow) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rows = append(e.rows, r)
}

func (e *exactRows) print() {
	if len(e.rows) == 0 {
		return
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tserver\town count\tspans\tunspanned\tspilled*\tindeterminate*\tboundary\trecursion misses*\tequal?")
	for _, r := range e.rows {
		equal := "yes"
		if !r.equal {
			equal = "NO"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", r.scenario, r.server, r.own, r.spans, r.unspanned,
			r.kernel.spilled, r.kernel.indeterminate, r.boundary, r.kernel.recursionMisses, equal)
	}
	_ = w.Flush()
	fmt.Println("* of the whole host")
}

// kernelCounts are the collector's own counters, of the whole host.
type kernelCounts struct {
	spilled, indeterminate, indeterminateKnown, boundary, recursionMisses, storage uint64
}

// exact tells whether equality is promised.
func (k kernelCounts) exact() bool { return k.recursionMisses == 0 && k.storage == 0 }

// settledCounts returns the collector's own counters when they are at rest, and
// fails if the equalities that hold on every host at every load do not: an ended
// exchange is delivered or spilled, and what was delivered became a span, waits
// for its end, is an aside, or is unparsed. They are of the whole host, and counters are read
// one after the other, so the two sides are compared until they agree: a loss would
// never go away. Where the host does not come to rest, the test says so; its own
// servers are compared in any case.
func (b *bed) settledCounts(t testing.TB) kernelCounts {
	t.Helper()
	var difference string
	var before uint64
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		m, err := collectorbed.ReadSelfMetrics(b.self)
		require.NoError(t, err)
		placed := m.Sum("receiver_ebpf_exchanges_placed")
		if difference = unequal(m); difference == "" {
			return countsOf(m)
		}
		if time.Now().After(deadline) {
			if placed == before {
				assert.Fail(t, "the collector's counters are at rest, and not equal", difference)
			} else {
				t.Logf("the host does not come to rest: the collector's counters are not compared (%s)", difference)
			}
			return countsOf(m)
		}
		before = placed
	}
}

// unequal tells which of the equalities does not hold.
func unequal(m collectorbed.SelfMetrics) string {
	ended, placed := m.Sum("receiver_ebpf_exchanges_ended"), m.Sum("receiver_ebpf_exchanges_placed")
	if ended != placed {
		return fmt.Sprintf("ended %d, placed %d", ended, placed)
	}
	delivered := m.Sum("receiver_ebpf_exchanges_placed", `way="delivered"`) + m.Sum("receiver_ebpf_streams_ended") +
		m.Sum("receiver_ebpf_calls_further")
	told := m.Sum("receiver_accepted_spans") + m.Sum("receiver_refused_spans") + m.Sum("receiver_failed_spans") +
		m.Sum("receiver_ebpf_pending") + m.Sum("receiver_ebpf_unparsed") + m.Sum("receiver_ebpf_exchanges_unnamed") +
		m.Sum("receiver_ebpf_asides")
	if delivered != told {
		return fmt.Sprintf("delivered, streams and further calls of pipelines %d, spans, pending, asides and unparsed %d", delivered, told)
	}
	return ""
}

// runningCounts returns the collector's own counters under load, when nothing is at
// rest that could be compared.
func (b *bed) runningCounts(t testing.TB) kernelCounts {
	t.Helper()
	m, err := collectorbed.ReadSelfMetrics(b.self)
	require.NoError(t, err)
	return countsOf(m)
}

func countsOf(m collectorbed.SelfMetrics) kernelCounts {
	return kernelCounts{
		spilled:            m.Sum("receiver_ebpf_exchanges_placed", `way="spilled"`),
		indeterminate:      m.Sum("receiver_ebpf_indeterminate"),
		indeterminateKnown: m.Sum("receiver_ebpf_indeterminate", `reason="known"`),
		boundary:           m.Sum("receiver_ebpf_exchanges_boundary"),
		recursionMisses:    m.Sum("receiver_ebpf_lost", `reason="recursion_misses"`),
		storage:            m.Sum("receiver_ebpf_lost", `reason="socket_storage"`),
	}
}
