// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/sloe-dev/sloe/internal/slo"
)

// TestReceipt: who sends a batch learns that it was counted, whatever becomes of
// it elsewhere.
func TestReceipt(t *testing.T) {
	r := startRig(t, nil)
	defer r.stop(t)
	ctx, receipt := slo.WithReceipt(t.Context())
	require.NoError(t, r.traces.ConsumeTraces(ctx, spansOf(1, 1)))
	assert.Equal(t, 1, receipt.Counted())

	ctx, receipt = slo.WithReceipt(t.Context())
	require.NoError(t, r.metrics.ConsumeMetrics(ctx, pmetric.NewMetrics()))
	assert.Equal(t, 1, receipt.Counted())
}
