// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"os/exec"
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
print("port", full.getsockname()[1])
`

// TestFailedConnects: connections that never came to be are counted at the process
// that asked for them, by reason, and no request is invented. The process is gone
// before it is told.
func TestFailedConnects(t *testing.T) {
	live(t)
	const refused, abandoned = 30, 20
	b := startBed(t, bedOptions{ebpf: "{metrics_interval: 1s}"})
	name := serviceName("caller")
	cmd := exec.CommandContext(t.Context(), "python3", "-c", connects, portOf(t, nginxbed.FreeAddress(t)), "30", "20")
	cmd.Env = append(os.Environ(), "OTEL_SERVICE_NAME="+name)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	want := map[string]uint64{"refused": refused, "abandoned": abandoned}
	assert.EventuallyWithT(t, func(c *assert.CollectT) { assert.Equal(c, want, b.failed(t, name)) }, patience, 100*time.Millisecond)
	b.Terminate(t)
	assert.Equal(t, want, b.failed(t, name))
	assert.Zero(t, len(b.tallies(t)[name].Spans), "no request was sent")
}

// failed returns the last counts of failed connects of a service by reason.
func (b *bed) failed(t *testing.T, service string) map[string]uint64 {
	t.Helper()
	out := map[string]uint64{}
	for _, md := range b.Metrics(t, "metrics.json") {
		for _, rm := range md.ResourceMetrics().All() {
			if str(rm.Resource().Attributes(), semconv.ServiceName) != service {
				continue
			}
			for _, sm := range rm.ScopeMetrics().All() {
				for _, m := range sm.Metrics().All() {
					if m.Name() != semconv.ConnectionsFailed {
						continue
					}
					for _, dp := range m.Sum().DataPoints().All() {
						out[str(dp.Attributes(), semconv.ErrorType)] = uint64(dp.IntValue())
					}
				}
			}
		}
	}
	return out
}
