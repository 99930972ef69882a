// SPDX-License-Identifier: Apache-2.0

package postgresbed

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// Way is how sessions ask.
type Way string

// Ways of sessions: a Query, an Execute with its Sync, or three Executes with one.
const (
	Simple   Way = "simple"
	Extended Way = "extended"
	Batch    Way = "batch"
)

// Add adds what was seen later.
func (s *Seen) Add(later Seen) {
	s.In += later.In
	s.Refused += later.Refused
	s.Good += later.Good
	s.Bad += later.Bad
	s.Turns += later.Turns
	if s.Errors == nil {
		s.Errors = map[string]uint64{}
	}
	for text, n := range later.Errors {
		s.Errors[text] += n
	}
}

// Step is what sessions are told to do.
type Step struct {
	// Open is how many more to open, with further words of a connection string.
	Open  int    `json:",omitempty"`
	Words string `json:",omitempty"`
	// Ask is a statement that each open session is to ask for, empty for none, and Way how; in
	// a batch one stands before it and one behind.
	Ask string `json:",omitempty"`
	Way Way    `json:",omitempty"`
}

// StepDone stands before the number of a step that is done, and what was seen.
const StepDone = "done "

// Seen is what the clients of sessions saw.
type Seen struct {
	// In are the sessions that were let in, Refused the others.
	In, Refused uint64
	// Good are the operations that were answered as asked, Bad those that were not.
	Good, Bad uint64
	// Turns are the Queries and the Syncs that asked.
	Turns uint64
	// Errors by severity, SQLSTATE and message: of a session that was refused, or of what it
	// asked at once.
	Errors map[string]uint64
}

// Sessions are connections of one process, that ask when they are told to.
type Sessions struct {
	*process.Process
	way   Way
	steps int
}

// Sessions starts a process without any session yet, of a service name. The test's end ends it.
func (b *PgBouncer) Sessions(t testing.TB, service string, way Way) *Sessions {
	t.Helper()
	return startSessions(t, environment(b.host, b.port, service), way)
}

// Sessions is that of PgBouncer.
func (p *PostgreSQL) Sessions(t testing.TB, service string, way Way) *Sessions {
	t.Helper()
	host, port := p.Where()
	return startSessions(t, environment(host, port, service), way)
}

func startSessions(t testing.TB, environment []string, way Way) *Sessions {
	t.Helper()
	p, err := process.Start(process.Command{Path: process.Build(t, "testbed/cmd/pgsessions"), Env: environment})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Kill()) })
	return &Sessions{Process: p, way: way}
}

// Open opens n sessions.
func (s *Sessions) Open(t testing.TB, n int, words string) Seen {
	t.Helper()
	s.begin(t, Step{Open: n, Words: words})
	return s.Wait(t)
}

// Ask asks on each session that is open and waits for the answers.
func (s *Sessions) Ask(t testing.TB, statement string) Seen {
	t.Helper()
	s.Begin(t, statement)
	return s.Wait(t)
}

// Begin asks and does not wait.
func (s *Sessions) Begin(t testing.TB, statement string) {
	t.Helper()
	s.begin(t, Step{Ask: statement, Way: s.way})
}

func (s *Sessions) begin(t testing.TB, step Step) {
	t.Helper()
	line, err := json.Marshal(step)
	require.NoError(t, err)
	require.NoError(t, s.Tell(string(line)))
	s.steps++
}

// Wait waits until what was begun is done.
func (s *Sessions) Wait(t testing.TB) Seen {
	t.Helper()
	prefix := fmt.Sprint(StepDone, s.steps, " ")
	line, err := s.WaitStdout(prefix, patience)
	require.NoError(t, err, s.Stderr())
	var seen Seen
	require.NoError(t, json.Unmarshal([]byte(line[len(prefix):]), &seen))
	return seen
}

// Leave closes the sessions, and ends the process.
func (s *Sessions) Leave(t testing.TB) {
	t.Helper()
	require.NoError(t, s.CloseStdin())
	require.Zero(t, s.ExitCode(), s.Stderr())
}
