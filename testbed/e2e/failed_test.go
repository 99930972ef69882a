// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

// connects asks for connections that fail: refused ones, and ones to a listener
// whose queue is full, that it gives up.
const connects = `
import socket, sys
port, refused, abandoned = (int(a) for a in sys.argv[1:4])
for _ in range(refused):
    with socket.socket() as s:
        assert s.connect_ex(("127.0.0.1", port)) == 111
full = socket.socket()
full.bind(("127.0.0.1", 0))
full.listen(0)
waiting = socket.create_connection(full.getsockname())
for _ in range(abandoned):
    with socket.socket() as s:
        s.settimeout(0.01)
        try:
            s.connect(full.getsockname())
        except TimeoutError:
            continue
        assert False, "it had room"
for i in range(int(sys.argv[4])):
    with socket.socket() as s:
        assert s.connect_ex((f"127.0.1.{i + 1}", port)) == 111
print("port", full.getsockname()[1])
`

// TestFailedConnects: connections that never came to be are counted at the process
// that asked for them, by reason and address, and no request is invented. The process
// is gone before it is told.
func TestFailedConnects(t *testing.T) {
	live(t)
	const refused, abandoned, elsewhere, toldApart = 30, 20, 100, 64
	b := startBed(t, bedOptions{ebpf: "{metrics_interval: 1s}"})
	name := serviceName("caller")
	port := portOf(t, nginxbed.FreeAddress(t))
	cmd := exec.CommandContext(t.Context(), "python3", "-c", connects, port, "30", "20", "100")
	cmd.Env = append(os.Environ(), "OTEL_SERVICE_NAME="+name)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	_, queue, _ := strings.Cut(strings.TrimSpace(string(out)), "port ")
	want := map[string]uint64{
		"refused 127.0.0.1:" + port: refused, "abandoned 127.0.0.1:" + queue: abandoned,
		"refused": elsewhere - (toldApart - 2), // there is a bound on addresses
	}
	for i := range toldApart - 2 {
		want[fmt.Sprintf("refused 127.0.1.%d:%s", i+1, port)] = 1
	}
	assert.EventuallyWithT(t, func(c *assert.CollectT) { assert.Equal(c, want, b.failed(t, name)) }, patience, 100*time.Millisecond)
	b.Terminate(t)
	assert.Equal(t, want, b.failed(t, name))
	assert.Zero(t, len(b.tallies(t)[name].Spans), "no request was sent")
}

// failed returns the last counts of failed connects of a service by reason and, if it
// is told, address.
func (b *bed) failed(t *testing.T, service string) map[string]uint64 {
	t.Helper()
	out := map[string]uint64{}
	for dp := range b.sumsOf(t, service, semconv.ConnectionsFailed) {
		key := str(dp.Attributes(), semconv.ErrorType)
		if port, ok := dp.Attributes().Get(semconv.ServerPort); ok {
			key += " " + net.JoinHostPort(str(dp.Attributes(), semconv.ServerAddress), port.AsString())
		}
		out[key] = uint64(dp.IntValue())
	}
	return out
}
