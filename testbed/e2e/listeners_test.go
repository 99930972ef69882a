// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// fullQueues listens at a port in a network namespace of its own. For each number that
// it reads it takes that many connections more than its accept queue has room for, waits
// until the kernel dropped some, gives the callers up, and prints what the kernel says
// that it dropped in that namespace for want of room. Then it goes on listening.
const fullQueues = `
import fcntl, socket, struct, sys, time
lo = socket.socket()
fcntl.ioctl(lo, 0x8914, struct.pack("16sh", b"lo", 0x49))  # SIOCSIFFLAGS: up, loopback, running
def overflows():
    rows = [line.split() for line in open("/proc/net/netstat") if line.startswith("TcpExt:")]
    return int(dict(zip(rows[0], rows[1]))["ListenOverflows"])
full = socket.socket()
full.bind(("127.0.0.1", 8080))
full.listen(0)
waiting = socket.create_connection(full.getsockname())
print("ready", flush=True)
for line in sys.stdin:
    if line.strip() == "close":
        full.close()
        print("closed", overflows(), flush=True)
        continue
    before, callers = overflows(), []
    for _ in range(int(line)):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(full.getsockname())
        callers.append(s)
    while overflows() < before + int(line):
        time.sleep(0.01)
    for s in callers:
        s.close()
    print("dropped", overflows(), flush=True)
`

// queue is a listener whose accept queue is full.
type queue struct {
	in  io.WriteCloser
	out *bufio.Scanner
}

func startQueue(t *testing.T, service string) *queue {
	t.Helper()
	cmd := exec.Command("python3", "-c", fullQueues)
	cmd.Env = append(os.Environ(), "OTEL_SERVICE_NAME="+service)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _, _ = in.Close(), cmd.Wait() })
	q := &queue{in, bufio.NewScanner(out)}
	q.answer(t, "ready")
	return q
}

// answer returns the number behind a word of the listener's, 0 if there is none.
func (q *queue) answer(t *testing.T, word string) uint64 {
	t.Helper()
	require.True(t, q.out.Scan(), "the listener ended")
	said, number, _ := strings.Cut(q.out.Text(), " ")
	require.Equal(t, word, said)
	n, err := strconv.ParseUint("0"+number, 10, 64)
	require.NoError(t, err)
	return n
}

// overflow makes the kernel drop connections, and returns how many it dropped so far.
func (q *queue) overflow(t *testing.T, callers int) uint64 {
	t.Helper()
	_, err := fmt.Fprintln(q.in, callers)
	require.NoError(t, err)
	return q.answer(t, "dropped")
}

// shut closes the listener, and returns the same.
func (q *queue) shut(t *testing.T) uint64 {
	t.Helper()
	_, err := fmt.Fprintln(q.in, "close")
	require.NoError(t, err)
	return q.answer(t, "closed")
}

// TestListenerDrops: connections for which an accept queue had no room are counted at
// the process that listens, as often as the kernel counts them (ListenOverflows of its
// network namespace): of a listener that is open, of one that was closed meanwhile, and
// of one that is older than the receiver from the receiver's start on.
func TestListenerDrops(t *testing.T) {
	live(t)
	older, name := serviceName("older"), serviceName("queue")
	before := startQueue(t, older)
	unseen := before.overflow(t, 3)
	b := startBed(t, bedOptions{ebpf: "{metrics_interval: 1s}"})
	of := startQueue(t, name)
	is := func(service string, want uint64) {
		t.Helper()
		assert.EventuallyWithT(t, func(c *assert.CollectT) {
			assert.Equal(c, map[string]uint64{"8080": want}, b.dropped(t, service))
		}, patience, 100*time.Millisecond)
	}
	is(name, of.overflow(t, 20))
	is(name, of.overflow(t, 7))
	is(older, before.overflow(t, 11)-unseen)
	closed := of.shut(t)
	is(name, closed)
	b.Terminate(t)
	assert.Equal(t, map[string]uint64{"8080": closed}, b.dropped(t, name))
	assert.Empty(t, b.tallies(t)[name].Spans, "no request was read")
}

// dropped returns the last counts of what a service's listeners dropped, by port.
func (b *bed) dropped(t *testing.T, service string) map[string]uint64 {
	t.Helper()
	out := map[string]uint64{}
	for dp := range b.sumsOf(t, service, semconv.ListenerDrops) {
		out[str(dp.Attributes(), semconv.ServerPort)] = uint64(dp.IntValue())
	}
	return out
}
