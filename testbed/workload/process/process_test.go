// SPDX-License-Identifier: Apache-2.0

package process

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func shell(t *testing.T, script string) *Process {
	t.Helper()
	p, err := Start(Command{Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"GREETING=hello"}})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Kill()) })
	return p
}

func TestOutputAndExitCode(t *testing.T) {
	p := shell(t, `echo "$GREETING out"; echo err >&2; exit 3`)
	assert.Equal(t, 3, p.ExitCode())
	assert.Equal(t, "hello out\n", p.Stdout())
	assert.Equal(t, "err\n", p.Stderr())
	assert.ErrorContains(t, p.Stop(time.Second), "exit status 3")
}

func TestWaitForALine(t *testing.T) {
	p := shell(t, `echo starting; sleep 0.05; echo ready 7; read wait`)
	line, err := p.WaitStdout("ready", 5*time.Second)
	require.NoError(t, err)
	assert.Equal(t, "ready 7", line)

	_, err = p.WaitStdout("never", 20*time.Millisecond)
	require.ErrorContains(t, err, `"never" was not printed within 20ms`)
	require.ErrorContains(t, err, "ready 7", "the error shows what was printed")
}

func TestWaitForALineOfAnEndedProgram(t *testing.T) {
	p := shell(t, `echo no such port >&2; exit 1`)
	_, err := p.WaitStdout("ready", 5*time.Second)
	require.ErrorContains(t, err, "ended without printing")
	require.ErrorContains(t, err, "no such port")
}

func TestAskTakesTheNewestAnswer(t *testing.T) {
	p := shell(t, `n=0; while read q; do n=$((n+1)); echo "$q $n"; done`)
	for _, want := range []string{"1", "2", "3"} {
		got, err := p.Ask("count", 5*time.Second)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	require.NoError(t, p.CloseStdin())
	assert.Equal(t, 0, p.ExitCode())
}

func TestStop(t *testing.T) {
	p := shell(t, `trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done`)
	_, err := p.WaitStdout("up", 5*time.Second)
	require.NoError(t, err)
	require.NoError(t, p.Stop(5*time.Second))
	assert.Contains(t, p.Stdout(), "bye")
	assert.NoError(t, p.Signal(syscall.SIGTERM), "a process that has ended is no error")
}

func TestStopKillsWhatDoesNotEnd(t *testing.T) {
	p := shell(t, `trap '' TERM; echo up; while :; do sleep 0.01; done`)
	_, err := p.WaitStdout("up", 5*time.Second)
	require.NoError(t, err)
	require.ErrorContains(t, p.Stop(50*time.Millisecond), "did not end within 50ms of SIGTERM")
	assert.ErrorIs(t, syscall.Kill(p.PID(), 0), syscall.ESRCH)
}

func TestStartNamesWhatIsMissing(t *testing.T) {
	_, err := Start(Command{Path: "/no/such/program"})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "/no/such/program")
}

func TestRun(t *testing.T) {
	out, err := Run("/bin/sh", "-c", "echo out; echo why >&2; exit 4")
	assert.Equal(t, "out\n", out)
	require.ErrorContains(t, err, "exit status 4")
	require.ErrorContains(t, err, "why")
}
