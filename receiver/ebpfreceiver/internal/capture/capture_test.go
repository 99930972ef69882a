// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/internal/backend"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// peers is a child process that plays both ends of one connection.
type peers struct {
	pid int
	in  io.WriteCloser
	out *bufio.Scanner
}

// startedPeers are the process ids of all peers.
var startedPeers sync.Map

func startPeers(t testing.TB, protocol string) *peers {
	t.Helper()
	return startPeersIn(t, protocol, 0)
}

// startPeersIn is startPeers in namespaces of their own (clone(2)).
func startPeersIn(t testing.TB, protocol string, namespaces uintptr) *peers {
	t.Helper()
	return startProgram(t, os.Args[0], protocol, namespaces)
}

// startProgram starts the peers of a test program: this one, or one for another
// architecture.
func startProgram(t testing.TB, program, protocol string, namespaces uintptr) *peers {
	t.Helper()
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), peersVariable+"="+protocol, "OTEL_SERVICE_NAME=peers", "OTEL_RESOURCE_ATTRIBUTES=service.namespace=test")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces}
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		if err := in.Close(); !errors.Is(err, os.ErrClosed) { // the test may have ended them
			assert.NoError(t, err)
		}
		assert.NoError(t, cmd.Wait())
	})
	startedPeers.Store(cmd.Process.Pid, true)
	return &peers{pid: cmd.Process.Pid, in: in, out: bufio.NewScanner(out)}
}

// play does n turns.
func (p *peers) play(t testing.TB, n int) {
	t.Helper()
	_, err := fmt.Fprintln(p.in, n)
	require.NoError(t, err)
	require.True(t, p.out.Scan(), "the peers ended")
}

// wholeRun plays turns under a fresh capture until one was watched whole: where
// tracepoints can be preempted (Linux 7), the kernel now and then skips a hook,
// counts that, and equality is not promised. The captures are prepared before that.
func wholeRun(t *testing.T, name, protocol string, ringBytes, n int, prepare ...func(*Capture)) (*Capture, *peers) {
	t.Helper()
	const tries = 20
	for try := 1; ; try++ {
		c := open(t, name, ringBytes)
		for _, f := range prepare {
			f(c)
		}
		p := startPeers(t, protocol)
		p.play(t, n)
		require.NoError(t, c.Detach())
		counters, err := c.Counters()
		require.NoError(t, err)
		if counters.Lost[recursionMisses] == 0 {
			return c, p
		}
		t.Logf("try %d: the kernel skipped %d hooks", try, counters.Lost[recursionMisses])
		require.Less(t, try, tries, "no run without a skipped hook")
	}
}

// TestExchanges: each turn of an HTTP connection is one record a side, with the
// process's own words for itself.
func TestExchanges(t *testing.T) {
	eachBackend(t, "exchanges", func(t *testing.T, name string) { testExchanges(t, name, "http", unix.AF_INET) })
}

// TestUnixExchanges: the same over Unix sockets.
func TestUnixExchanges(t *testing.T) {
	eachBackend(t, "Unix sockets", func(t *testing.T, name string) { testExchanges(t, name, "unix", unix.AF_UNIX) })
}

func testExchanges(t *testing.T, name, protocol string, family int) {
	const n = 500
	c, p := wholeRun(t, name, protocol, 8<<20, n) // room for whatever else runs on this host

	byRole, queueTimes := map[uint8]int{}, map[uint8]int{}
	sequences := map[uint8]uint32{}
	var process record.Process
	drainExchanges(t, c, func(e *record.Exchange) {
		if int(e.Process.Tgid) != p.pid {
			return
		}
		process = e.Process
		byRole[e.Role]++
		sequences[e.Role]++
		assert.Equal(t, sequences[e.Role], e.Sequence)
		assert.EqualValues(t, 200, e.Status)
		assert.Equal(t, record.Answered, e.Outcome)
		assert.Equal(t, turns["http"].request, string(e.Request()))
		assert.Equal(t, turns["http"].response, string(e.Response()))
		assert.EqualValues(t, len(turns["http"].request), e.RequestBytes)
		assert.EqualValues(t, len(turns["http"].response), e.ResponseBytes)
		assert.LessOrEqual(t, e.StartNs, e.ResponseNs)
		assert.EqualValues(t, family, e.Family)
		assert.Equal(t, family == unix.AF_UNIX, strings.HasSuffix(e.SocketName(), "/"+socketName), e.SocketName())
		if e.Flags&record.FlagQueueKnown != 0 {
			queueTimes[e.Role]++
		}
		assert.Less(t, time.Duration(e.QueueNs), time.Minute, "a time, not a clock: how long is for other tests")
	})
	assert.Equal(t, map[uint8]int{record.RoleServer: n, record.RoleClient: n}, byRole)
	assert.Zero(t, queueTimes[record.RoleClient])
	assert.Equal(t, n, queueTimes[record.RoleServer])

	raw, ok := c.Identity(process)
	require.True(t, ok)
	assert.Contains(t, string(chars(raw.ServiceName[:])), "peers\x00")
	assert.Contains(t, string(chars(raw.ResourceAttributes[:])), "service.namespace=test\x00")
}

func chars(c []int8) []byte {
	b := make([]byte, len(c))
	for i, x := range c {
		b[i] = byte(x)
	}
	return b
}

// TestSpill: what finds no room in the ring is counted in the aggregates, and both
// together are all.
func TestSpill(t *testing.T) { eachBackend(t, "spill", testSpill) }

func testSpill(t *testing.T, name string) {
	const n = 2000
	c, p := wholeRun(t, name, "http", os.Getpagesize(), n) // nobody reads

	delivered, spilled := map[uint8]uint64{}, map[uint8]uint64{}
	var e record.Exchange
	samples := 0
	require.NoError(t, c.Drain(func(sample []byte) {
		samples++
		if kind, err := record.KindOf(sample); err != nil || kind != record.KindExchange {
			return
		}
		require.NoError(t, record.DecodeExchange(sample, &e))
		if int(e.Process.Tgid) == p.pid {
			delivered[e.Role]++
		}
	}))
	for range 2 { // the second time there is nothing new
		aggregates, err := c.Aggregates()
		require.NoError(t, err)
		for _, a := range aggregates {
			if int(a.Key.Process.Tgid) != p.pid {
				continue
			}
			assert.EqualValues(t, 2, a.Key.StatusClass)
			assert.Len(t, a.Buckets, 3)
			spilled[a.Key.Role] += a.Count
		}
	}
	for _, role := range []uint8{record.RoleServer, record.RoleClient} {
		assert.EqualValues(t, n, delivered[role]+spilled[role])
		assert.NotZero(t, spilled[role])
	}
	assert.NotZero(t, samples, "of whomever: others on this host may have filled the ring first")
	counters, err := c.Counters()
	require.NoError(t, err)
	assert.Equal(t, counters.Ended(), counters.Delivered+counters.Spilled())
	assert.Equal(t, counters.Spilled(), counters.SpilledBy[SpilledRingFull])
}

// TestOtherProtocols: a connection that does not speak HTTP is muted.
func TestOtherProtocols(t *testing.T) { eachBackend(t, "muting", testOtherProtocols) }

func testOtherProtocols(t *testing.T, name string) {
	c := open(t, name, 1<<20)
	before, err := c.Counters()
	require.NoError(t, err)
	startPeers(t, "other").play(t, 100)
	after, err := c.Counters()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, after.Muted-before.Muted, uint64(2), "both ends")
}

// BenchmarkHooks reports what the hooks cost by the kernel's own run-time
// statistics, in nanoseconds a run, with both ends of a connection on this host.
func BenchmarkHooks(b *testing.B) {
	for _, protocol := range []string{"http", "unix", "other"} {
		b.Run(protocol, func(b *testing.B) {
			c := open(b, cmp.Or(os.Getenv(requiredVariable), backend.Auto), 8<<20)
			p := startPeers(b, protocol)
			p.play(b, 100)
			stats, err := ebpf.EnableStats(uint32(unix.BPF_STATS_RUN_TIME))
			require.NoError(b, err)
			defer stats.Close()
			programs := map[string]*ebpf.Program{}
			for _, h := range c.backend.IO {
				if p := c.programs[h.Program]; p != nil {
					programs[h.Program] = p
				}
			}
			before := map[string]*ebpf.ProgramStats{}
			for name, program := range programs {
				before[name], err = program.Stats()
				require.NoError(b, err)
			}
			b.ResetTimer()
			p.play(b, b.N)
			b.StopTimer()
			for name, program := range programs {
				after, err := program.Stats()
				require.NoError(b, err)
				runs := after.RunCount - before[name].RunCount
				b.ReportMetric(float64(after.Runtime-before[name].Runtime)/float64(runs), "ns/"+name)
			}
			b.ReportMetric(0, "ns/op") // the peers' time, not ours
		})
	}
}
