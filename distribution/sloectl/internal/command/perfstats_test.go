// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/perfstats"
)

func TestPerfStatsFlags(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--period", "0s"}, "--period must be more than 0, not 0s"},
		{[]string{"--top", "-1"}, "--top must be 0 or more, not -1"},
		{[]string{"-o", "xml"}, "--output must be table, json or yaml"},
		{[]string{"now"}, "unknown command"},
	} {
		code, out, errOut := run(append([]string{"perf-stats"}, tt.args...)...)
		assert.Equal(t, 3, code)
		assert.Empty(t, out)
		assert.Contains(t, errOut, tt.want)
	}
}

func TestPerfTable(t *testing.T) {
	report := perfstats.Report{Seconds: 2, Receivers: []perfstats.Receiver{
		{
			PID: 7, Name: "otelcol-sloe", Cores: 0.125,
			Programs:    []perfstats.Program{{Name: "sock_send", Tag: "9756", Type: "Tracing", Runs: 2000, Ns: 1_000_000, NsPerRun: 500, Skipped: 1}},
			Ring:        perfstats.Ring{Unread: 2048, Size: 8 << 20},
			Maps:        []perfstats.Map{{Name: "connections", Entries: 3}, {Name: "processes", Entries: 1024, Max: 16384}},
			Exchanges:   perfstats.Exchanges{Ended: 10, Delivered: 6, PerSecond: 2.5, Spilled: map[string]uint64{"sampled": 3, "paused": 1, "shed": 0}},
			Lost:        map[string]uint64{"socket_storage": 2, "uncounted": 0},
			Processes:   []perfstats.Process{{PID: 8, Executable: "nginx", Exchanges: 5, PerSecond: 2.5}},
			Connections: []perfstats.Connection{{PID: 8, Role: "server", Local: "10.0.0.1:80", Remote: "10.0.0.2:4000", Exchanges: 5, PerSecond: 2.5}},
		},
		{Exchanges: perfstats.Exchanges{}, Lost: map[string]uint64{"uncounted": 0}},
	}}
	var out bytes.Buffer
	require.NoError(t, perfTable(&out, &report))
	assert.Equal(t, `The receiver of otelcol-sloe (pid 7), over 2.0 s

hooks      12.50 % of one core
exchanges  2 a second; since the start 10, of which 6 had a record; counted without: paused 1, sampled 3
ring       2.0 KiB unread of 8.0 MiB (0.0 %)
lost       socket_storage 2

PROGRAM    TYPE     TAG   RUNS/S  NS/RUN  CORE    SKIPPED
sock_send  Tracing  9756  1000    500     0.05 %  1

MAP          ENTRIES  OF     FULL
connections  3        -      -
processes    1024     16384  6.2 %

PROCESS  PID  EXCHANGES  PER SECOND
nginx    8    5          2

CONNECTION   REMOTE         PID  ROLE    EXCHANGES  PER SECOND
10.0.0.1:80  10.0.0.2:4000  8    server  5          2

The receiver of a process that cannot be seen from here, over 2.0 s

hooks      0.00 % of one core
exchanges  0 a second; since the start 0, of which 0 had a record
ring       0 B unread of 0 B (-)
lost       nothing

PROGRAM  TYPE  TAG  RUNS/S  NS/RUN  CORE  SKIPPED

MAP  ENTRIES  OF  FULL
`, out.String())
}
