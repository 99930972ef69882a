// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"context"
	"sync/atomic"
)

// Receipt tells who sends a batch into the collector's pipelines whether it was
// counted. An error alone does not: a batch that a memory limiter refuses is
// counted by nobody, one that an exporter beside the sli connector refuses is
// counted already. What was not counted can be counted in another way, and what
// was must not be.
//
// It says nothing of a batch that a processor took to send it on later: there is
// no error then.
type Receipt struct {
	counted atomic.Int32
}

type receiptKey struct{}

// WithReceipt returns a context to send one batch with, and the receipt that its
// counters mark.
func WithReceipt(ctx context.Context) (context.Context, *Receipt) {
	r := &Receipt{}
	return context.WithValue(ctx, receiptKey{}, r), r
}

// MarkCounted says that the batch that came with the context was counted: by each
// counter once, when it has. It does nothing for a batch whose sender wants no
// receipt.
func MarkCounted(ctx context.Context) {
	if r, ok := ctx.Value(receiptKey{}).(*Receipt); ok {
		r.counted.Add(1)
	}
}

// Counted returns by how many counters the batch was counted.
func (r *Receipt) Counted() int { return int(r.counted.Load()) }
