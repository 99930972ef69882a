// SPDX-License-Identifier: Apache-2.0

package postgresbed

import (
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// linePrefix begins each line of the server's log: user and database.
const linePrefix = "~%u~%d~"

// Counts are the server's own numbers of what Clerk asked for.
//
// The log has a line for each Query and for each Execute that succeeded
// (log_min_duration_statement), whatever they hold, and one for each error:
//
//	operations = Queries + Executes + Replications + Errors
//
// as long as the errors are those of operations, and not of a statement that was only
// prepared, of a log-in, of a commit, or of a replica's command, which has a line in any case. What an error made the server pass over is in none of
// them: it was never run.
type Counts struct {
	Queries, Executes, Errors uint64
	// Replications are commands of the streaming protocol (log_replication_commands): Queries,
	// too, which the server runs by itself.
	Replications uint64
	// Calls is the sum of calls in pg_stat_statements (track = top, track_utility = on): of
	// each statement, also of several in one Query, that succeeded. Texts of nothing,
	// PREPARE, EXECUTE (which counts what it executes) and DEALLOCATE are in none.
	Calls uint64
}

// Operations is what a capture is to have.
func (c Counts) Operations() uint64 { return c.OK() + c.Errors }

// OK is how many of them succeeded.
func (c Counts) OK() uint64 { return c.Queries + c.Executes + c.Replications }

// Minus returns what came since.
func (c Counts) Minus(before Counts) Counts {
	return Counts{
		c.Queries - before.Queries, c.Executes - before.Executes, c.Errors - before.Errors, c.Replications - before.Replications, c.Calls - before.Calls,
	}
}

var (
	queryLine   = regexp.MustCompile(`(?m)^~` + Clerk + `~\w*~LOG:  duration: [0-9.]+ ms  statement: `)
	executeLine = regexp.MustCompile(`(?m)^~` + Clerk + `~\w*~LOG:  duration: [0-9.]+ ms  execute `)
	// a physical replica has no database, which the log calls [unknown]
	replicationLine = regexp.MustCompile(`(?m)^~` + Clerk + `~[\w[\]]*~LOG:  received replication command: `)
	errorLine       = regexp.MustCompile(`(?m)^~` + Clerk + `~[\w[\]]*~ERROR:  `)
)

// callsOf asks for the calls of a user.
const callsOf = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE rolname = "

// Counts reads pg_stat_statements, and the log. The asking is the owner's.
func (p *PostgreSQL) Counts(t testing.TB) Counts {
	t.Helper()
	asked := strings.Count(p.Stderr(), callsOf)
	calls, err := strconv.ParseUint(p.SQL(t, callsOf+"'"+Clerk+"'"), 10, 64)
	require.NoError(t, err)
	// a line is written before the answer is sent, and read from the pipe some time later: once
	// the asking's is here, all of those before are
	require.Eventually(t, func() bool { return strings.Count(p.Stderr(), callsOf) > asked }, patience, time.Millisecond)
	c := countsIn(p.Stderr())
	c.Calls = calls
	return c
}

// Quiet is Counts once the server has answered all that Clerk asked, of clients that ask no
// more, such as stopped ones. What waits for the lock of another one's transaction cannot be
// answered: inFlight are those.
func (p *PostgreSQL) Quiet(t testing.TB) (c Counts, inFlight uint64) {
	t.Helper()
	const still = 3 // times, one after the other, that no process is at work and no line was added
	last, seen, atWork := Counts{}, 0, ""
	for deadline := time.Now().Add(2 * patience); seen < still; time.Sleep(20 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "the server does not come to rest: at work, and asked, are %s, and it has %+v", atWork, last)
		atWork = p.SQL(t, "SELECT count(*) FILTER (WHERE wait_event_type IS DISTINCT FROM 'Lock'), count(*) FROM pg_stat_activity WHERE usename = '"+Clerk+"' AND state = 'active'")
		working, waiting, _ := strings.Cut(atWork, "|")
		n, err := strconv.ParseUint(waiting, 10, 64)
		require.NoError(t, err, "%s", atWork)
		now := countsIn(p.Stderr())
		if working != "0" || now != last || n != inFlight {
			seen = 0
		}
		seen, last, inFlight = seen+1, now, n
	}
	return p.Counts(t), inFlight
}

// Statements are the calls of Clerk in pg_stat_statements, by the texts that it has of them.
func (p *PostgreSQL) Statements(t testing.TB) map[string]uint64 {
	t.Helper()
	out := map[string]uint64{}
	asked := p.SQL(t, "SELECT calls, query FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE rolname = '"+Clerk+"'")
	for _, line := range strings.Split(asked, "\n") {
		calls, text, _ := strings.Cut(line, "|")
		n, err := strconv.ParseUint(calls, 10, 64)
		require.NoError(t, err, "%s", line)
		out[text] += n
	}
	return out
}

// All is what everybody asked for since the server started: Counts of all users, without
// Calls. It asks nothing: what Counts waited for is there.
func (p *PostgreSQL) All() Counts {
	return countsIn(strings.ReplaceAll(p.Stderr(), "~"+Superuser+"~", "~"+Clerk+"~"))
}

// countsIn is what a log has of Clerk, without Calls.
func countsIn(log string) Counts {
	count := func(r *regexp.Regexp) uint64 { return uint64(len(r.FindAllStringIndex(log, -1))) }
	return Counts{Queries: count(queryLine), Executes: count(executeLine), Errors: count(errorLine), Replications: count(replicationLine)}
}

// AtEnd ends the server at once, as an administrator may (immediate shutdown), and returns
// Counts, without Calls.
func (p *PostgreSQL) AtEnd(t testing.TB) Counts {
	t.Helper()
	require.NoError(t, p.Signal(syscall.SIGQUIT))
	<-p.Ended()
	return countsIn(p.Stderr())
}

// Simple counts the Queries of Clerk that begin like this.
func (p *PostgreSQL) Simple(text string) uint64 {
	var n uint64
	log := p.Stderr()
	for _, at := range queryLine.FindAllStringIndex(log, -1) {
		if strings.HasPrefix(log[at[1]:], text) {
			n++
		}
	}
	return n
}

// Log returns what the server said, without the text of statements, for failures of tests.
func (p *PostgreSQL) Log() string { return strings.ToValidUTF8(p.Stderr(), "?") }
