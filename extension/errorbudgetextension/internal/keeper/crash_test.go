// SPDX-License-Identifier: Apache-2.0

package keeper

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
	"github.com/sloe-dev/sloe/internal/slo"
)

// crashDirectory names the environment variable that makes the test binary the
// child of TestKilledAtAnyMoment.
const crashDirectory = "SLOE_TEST_CRASH_DIRECTORY"

func TestMain(m *testing.M) {
	if directory := os.Getenv(crashDirectory); directory != "" {
		fmt.Fprintln(os.Stderr, countUntilKilled(directory))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// countUntilKilled counts as fast as it can. Before each commit it says how much
// it has added, and after it what is served, all runs together.
func countUntilKilled(directory string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, directory)
	if err != nil {
		return err
	}
	k := New(Settings{
		Store: s, Clock: func() time.Time { return noon }, Window: func(slo.Service) time.Duration { return 24 * time.Hour },
		Interval: time.Hour, Committed: func(error) {},
	})
	if err := k.Start(ctx); err != nil {
		return err
	}
	added := served(k)
	for {
		for n := range slo.Minute(50) {
			k.Pending().Add(shopOK, slo.MinuteOf(noon)-n, 1, 0, "d", w1)
			added++
		}
		fmt.Println("added", added)
		if err := k.Flush(ctx); err != nil {
			return err
		}
		fmt.Println("served", served(k))
	}
}

func served(k *Keeper) uint64 {
	v := k.Ledger().View(shop, noon, time.Minute)
	if len(v.Indicators) == 0 {
		return 0
	}
	return v.Indicators[0].Counts.Good
}

// Killed at any moment, nothing is lost that was served, and nothing is counted
// twice: what the store holds lies between what was served and what was added.
func TestKilledAtAnyMoment(t *testing.T) {
	directory := t.TempDir()
	r := rand.New(rand.NewPCG(11, 12))
	before := uint64(0)
	for round := range 200 {
		added, shown := runAndKill(t, directory, time.Duration(r.IntN(60_000))*time.Microsecond)
		stored := storedCount(t, directory)
		require.LessOrEqual(t, max(shown, before), stored, "round %d: what was served is kept", round)
		require.LessOrEqual(t, stored, max(added, before), "round %d: nothing is counted twice", round)
		before = stored
	}
	require.Positive(t, before, "the child counted")
}

// runAndKill runs the child until some time after its first commit, and returns
// the last that it said.
func runAndKill(t *testing.T, directory string, after time.Duration) (added, shown uint64) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDirectory+"="+directory)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	defer func() { _ = child.Process.Kill() }()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var n uint64
		word, number, _ := strings.Cut(lines.Text(), " ")
		if _, err := fmt.Sscan(number, &n); err != nil {
			continue // cut short by the kill
		}
		switch word {
		case "added":
			if added == 0 {
				time.AfterFunc(after, func() { _ = child.Process.Kill() })
			}
			added = n
		case "served":
			shown = n
		}
	}
	require.Error(t, child.Wait(), "it was killed")
	return added, shown
}

func storedCount(t *testing.T, directory string) uint64 {
	t.Helper()
	b := newBench(t, directory, noon)
	defer b.close(t)
	require.Empty(t, b.store.Damage(), "a kill damages nothing")
	return b.served().Good
}
