// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
)

// TestLifecycle: the traces and the metrics receiver of one configuration hook the
// kernel once, end once, and can be made and started again.
func TestLifecycle(t *testing.T) {
	if testing.Short() {
		t.Skip("live: loads programs into this kernel, as root; make test runs it")
	}
	factory := NewFactory()
	cfg := factory.CreateDefaultConfig()
	set := receivertest.NewNopSettings(metadata.Type)
	host := componenttest.NewNopHost()
	for range 2 {
		traces, err := factory.CreateTraces(t.Context(), set, cfg, consumertest.NewNop())
		require.NoError(t, err)
		metrics, err := factory.CreateMetrics(t.Context(), set, cfg, consumertest.NewNop())
		require.NoError(t, err)
		assert.Same(t, traces.(*sharedReceiver).ebpfReceiver, metrics.(*sharedReceiver).ebpfReceiver)

		err = metrics.Start(t.Context(), host)
		if errors.Is(err, capture.ErrUnsupported) && os.Geteuid() == 0 {
			t.Skip(err)
		}
		require.NoError(t, err)
		require.NoError(t, traces.Start(t.Context(), host))
		require.NoError(t, traces.Shutdown(t.Context()))
		require.NoError(t, metrics.Shutdown(t.Context()))
	}
}
