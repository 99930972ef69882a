// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReceipt(t *testing.T) {
	MarkCounted(t.Context()) // nobody asked: nothing happens

	ctx, receipt := WithReceipt(t.Context())
	assert.Zero(t, receipt.Counted())
	// processors derive contexts of their own on the way
	further, cancel := context.WithCancel(ctx)
	defer cancel()
	MarkCounted(further)
	assert.Equal(t, 1, receipt.Counted())
	MarkCounted(ctx)
	assert.Equal(t, 2, receipt.Counted(), "two connectors")

	_, next := WithReceipt(ctx)
	assert.Zero(t, next.Counted(), "every batch has its own")
	assert.Equal(t, 2, receipt.Counted())
}
