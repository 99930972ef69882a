// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Result is what came back.
type Result struct {
	// Statuses counts the whole responses by status code.
	Statuses map[int]uint64 `json:"statuses"`
	// ByTarget counts them by target and status code.
	ByTarget map[string]map[int]uint64 `json:"by_target"`
	// Failed counts the requests without a whole response.
	Failed uint64 `json:"failed"`
	// FirstError is the reason of one of them.
	FirstError string `json:"first_error,omitempty"`
	// BodyBytes is the sum of the responses' bodies.
	BodyBytes uint64 `json:"body_bytes"`
	// Connections is the number of connections that were opened.
	Connections uint64        `json:"connections"`
	Elapsed     time.Duration `json:"elapsed"`
}

// Total is the number of whole responses.
func (r Result) Total() uint64 {
	var n uint64
	for _, c := range r.Statuses {
		n += c
	}
	return n
}

func newResult() Result {
	return Result{Statuses: map[int]uint64{}, ByTarget: map[string]map[int]uint64{}}
}

func (r *Result) count(target string, status int, body int64) {
	r.Statuses[status]++
	if r.ByTarget[target] == nil {
		r.ByTarget[target] = map[int]uint64{}
	}
	r.ByTarget[target][status]++
	r.BodyBytes += uint64(body)
}

func (r *Result) fail(err error) {
	r.Failed++
	if r.FirstError == "" {
		r.FirstError = err.Error()
	}
}

func (r *Result) merge(o Result) {
	for target, statuses := range o.ByTarget {
		for status, n := range statuses {
			r.Statuses[status] += n
			if r.ByTarget[target] == nil {
				r.ByTarget[target] = map[int]uint64{}
			}
			r.ByTarget[target][status] += n
		}
	}
	r.Failed += o.Failed
	if r.FirstError == "" {
		r.FirstError = o.FirstError
	}
	r.BodyBytes += o.BodyBytes
	r.Connections += o.Connections
}

// Run carries out a plan. A request that fails is counted and not sent again;
// its connection is replaced. The error is about the plan or the context alone.
func Run(ctx context.Context, p Plan) (Result, error) {
	if err := p.validate(); err != nil {
		return Result{}, fmt.Errorf("load plan: %w", err)
	}
	order := p.order()
	start := time.Now()
	var next atomic.Int64
	results := make([]Result, p.Connections)
	var workers sync.WaitGroup
	for i := range results {
		results[i] = newResult()
		workers.Go(func() {
			w := worker{plan: p, result: &results[i]}
			defer w.close()
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(order) {
					return
				}
				w.send(ctx, p.Steps[order[n]])
			}
		})
	}
	workers.Wait()
	total := newResult()
	for _, r := range results {
		total.merge(r)
	}
	total.Elapsed = time.Since(start)
	return total, ctx.Err()
}
