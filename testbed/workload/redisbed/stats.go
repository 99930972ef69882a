// SPDX-License-Identifier: Apache-2.0

package redisbed

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Stats are the server's own numbers of one command.
type Stats struct {
	Calls, Failed, Rejected uint64
}

// Commands returns INFO commandstats by the name of the command, subcommands added
// to it. The asking is a command too, which the answer does not hold.
func (r *Redis) Commands(t testing.TB) map[string]Stats {
	t.Helper()
	out := r.CLI(t, "", "INFO", "commandstats")
	stats := map[string]Stats{}
	for line := range strings.Lines(out) {
		name, fields, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "cmdstat_"), ":")
		if !ok || !strings.HasPrefix(line, "cmdstat_") {
			continue
		}
		name, _, _ = strings.Cut(name, "|")
		s := stats[name]
		for field := range strings.SplitSeq(fields, ",") {
			key, value, _ := strings.Cut(field, "=")
			n, err := strconv.ParseUint(value, 10, 64)
			switch {
			case key == "calls" && err == nil:
				s.Calls += n
			case key == "failed_calls" && err == nil:
				s.Failed += n
			case key == "rejected_calls" && err == nil:
				s.Rejected += n
			}
		}
		stats[name] = s
	}
	return stats
}

// Sum adds up the numbers of all commands.
func Sum(all map[string]Stats) (sum Stats) {
	for _, s := range all {
		sum.Calls += s.Calls
		sum.Failed += s.Failed
		sum.Rejected += s.Rejected
	}
	return sum
}

// CLI runs redis-cli as a client of a service name, empty for none of its own, and returns what it prints.
func (r *Redis) CLI(t testing.TB, service string, words ...string) string {
	t.Helper()
	return run(t, service, "redis-cli", append(r.Where(), words...))
}

// Benchmark runs redis-benchmark in the same way.
func (r *Redis) Benchmark(t testing.TB, service string, words ...string) string {
	t.Helper()
	return run(t, service, "redis-benchmark", append(r.Where(), words...))
}

func run(t testing.TB, service, program string, words []string) string {
	t.Helper()
	cmd := exec.Command(program, words...)
	cmd.Env = os.Environ()
	if service != "" {
		cmd.Env = append(cmd.Env, "OTEL_SERVICE_NAME="+service)
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, fmt.Sprintf("%s %s:\n%s", program, strings.Join(words, " "), out))
	return string(out)
}
