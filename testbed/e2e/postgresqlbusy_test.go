// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
)

const (
	busyClients = 4
	busyEach    = 750
	// a statement's name is that of its client and its place among that one's
	busyFactor = 1_000_000
)

// busyScript makes each statement one of its own, which its span tells: of a table that is not there.
const busyScript = `\set n :n + 1
\set id :client_id * 1000000 + :n
DROP TABLE IF EXISTS c:id;
`

var busyLine = regexp.MustCompile(`statement: DROP TABLE IF EXISTS c([0-9]+);`)

// lastOf is how far each client is, by the server's log.
func lastOf(t *testing.T, p *postgresbed.PostgreSQL) (last []int) {
	t.Helper()
	last = make([]int, busyClients)
	p.Counts(t) // what was asked before is in the log
	for _, m := range busyLine.FindAllStringSubmatch(p.Stderr(), -1) {
		id, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		require.Equal(t, last[id/busyFactor]+1, id%busyFactor, "the log has each once, in order")
		last[id/busyFactor]++
	}
	return last
}

// TestPostgreSQLJoinedBusy: the collector starts while statements are run without a pause on
// connections that are older. Of each connection every statement is counted once, at either end,
// from some one on: not one that was answered before the collector was launched, and all that
// were asked after it was ready. The one that it met midway is told as missing, if its answer was
// seen.
func TestPostgreSQLJoinedBusy(t *testing.T) {
	live(t)
	serverName, clientName := serviceName("postgres"), serviceName("shop")
	p := postgresbed.Start(t, postgresbed.Options{Name: serverName})
	script := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(script, []byte(busyScript), 0o600))
	client := p.Launch(t, clientName, "pgbench", "-n", "-c", fmt.Sprint(busyClients), "-t", fmt.Sprint(busyEach), "-R", "100", "-D", "n=0", "-f", script)
	for deadline := time.Now().Add(patience); slices.Min(lastOf(t, p)) == 0; time.Sleep(50 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "%s", client.Stderr())
	}
	launched := lastOf(t, p)
	b := startBed(t, bedOptions{ebpf: "{ring_buffer: 67108864}"})
	ready := lastOf(t, p)
	require.Zero(t, client.ExitCode(), client.Stderr())
	end := lastOf(t, p)
	b.settledCounts(t)
	b.Terminate(t)
	y := b.tallies(t)
	for service, kind := range map[string]string{serverName: "server", clientName: "client"} {
		var first, seen [busyClients]int
		for s := range b.spansOf(t, service) {
			name, ours := strings.CutPrefix(str(s.Attributes(), semconv.DBCollectionName), "c")
			id, err := strconv.Atoi(name)
			if !ours || err != nil {
				continue
			}
			n, place := id/busyFactor, id%busyFactor
			if seen[n]++; first[n] == 0 || place < first[n] {
				first[n] = place
			}
		}
		t.Logf("%s: launched at %v, ready at %v, counted from %v on", service, launched, ready, first)
		for n := range busyClients {
			require.Equal(t, busyEach, end[n])
			assert.Greater(t, first[n], launched[n])
			assert.LessOrEqual(t, first[n], ready[n]+2, "one at most was in flight")
			assert.Equal(t, busyEach-first[n]+1, seen[n], "each once")
		}
		require.NotNil(t, y[service])
		assert.Zero(t, y[service].unspanned())
		missing := b.unmeasured(t, service)
		assert.LessOrEqual(t, missing[kind+" request_unseen"], uint64(busyClients), "of each connection the one that the start met midway, at most")
		delete(missing, kind+" request_unseen")
		assert.Empty(t, missing)
	}
}
