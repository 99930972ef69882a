// SPDX-License-Identifier: Apache-2.0

package e2e

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

	"github.com/sloe-dev/sloe/testbed/workload/postgresbed"
)

// TestPostgreSQLLanguage: a server of another language says in its own words that an error is
// FATAL. Then the end of the connection tells that what stood behind it in a batch was passed
// over. The truth is what the clients saw: three operations each that went well, and of a batch
// whose second one the server's end of the connection answers, one more.
func TestPostgreSQLLanguage(t *testing.T) {
	for name, unix := range map[string]bool{"TCP": false, "a Unix socket": true} {
		t.Run(name, func(t *testing.T) { testPostgreSQLLanguage(t, unix) })
	}
}

func testPostgreSQLLanguage(t *testing.T, unix bool) {
	const n, language = 4, "ru_RU.utf8"
	locales, err := os.MkdirTemp("", "locales") // which another user is to read
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(locales)) })
	require.NoError(t, os.Chmod(locales, 0o755))
	out, err := exec.Command("localedef", "-i", "ru_RU", "-f", "UTF-8", filepath.Join(locales, language)).CombinedOutput()
	require.NoError(t, err, "locales is missing? `make test` installs it\n%s", out)
	serverName, clientName := serviceName("postgres"), serviceName("shop")
	b := startBed(t, bedOptions{catalogue: fmt.Sprintf("services:\n  - {name: %s, tier: tier3}\n", clientName)})
	p := postgresbed.Start(t, postgresbed.Options{Name: serverName, Unix: unix, Env: []string{"LOCPATH=" + locales}, Args: []string{"-c", "lc_messages=" + language}})
	clients := p.Sessions(t, clientName, postgresbed.Batch)
	clients.Open(t, n, "")
	seen := clients.Ask(t, "SELECT 1")
	clients.Begin(t, "SELECT pg_sleep(60)")
	require.Eventually(t, func() bool { return p.SQL(t, working) == fmt.Sprint(n) }, patience, time.Millisecond)
	require.Equal(t, fmt.Sprint(n), p.SQL(t, terminate))
	seen.Add(clients.Wait(t))
	require.Equal(t, n, strings.Count(p.Log(), "~clerk~shop~ВАЖНО:  "))
	require.EqualValues(t, 3*n+n, seen.Good)
	require.EqualValues(t, 2*n, seen.Bad)
	clients.Leave(t)

	budget := b.waitBudget(t, clientName, "db_availability", seen.Good+seen.Bad, patience)
	assert.Equal(t, seen.Bad, budget.Bad)
	b.Terminate(t)
	y := b.tallies(t)
	assert.Equal(t, map[string]uint64{"client ok": seen.Good, "client error": seen.Bad}, y[clientName].all())
	assert.Equal(t, seen.Bad, y[serverName].total("server error"))
	assert.Zero(t, y[serverName].total("server unknown"))
	assert.Empty(t, b.unmeasured(t, serverName))
	assert.Empty(t, b.unmeasured(t, clientName))
}
