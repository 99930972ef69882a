// SPDX-License-Identifier: Apache-2.0

// Package spans turns calls into spans, gathered into one batch by process.
package spans // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/spans"

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Batch gathers spans. It is for one goroutine.
type Batch struct {
	scope   string
	version string

	traces ptrace.Traces
	byProc map[*process.Identity]ptrace.SpanSlice
	count  int
	random *rand.ChaCha8
}

// NewBatch returns an empty Batch whose spans carry the scope's name and version.
func NewBatch(scope, version string) *Batch {
	var seed [32]byte
	for i := 0; i < len(seed); i += 8 {
		binary.NativeEndian.PutUint64(seed[i:], rand.Uint64())
	}
	b := &Batch{scope: scope, version: version, random: rand.NewChaCha8(seed)}
	b.reset()
	return b
}

func (b *Batch) reset() {
	b.traces, b.byProc, b.count = ptrace.NewTraces(), map[*process.Identity]ptrace.SpanSlice{}, 0
}

// Len returns the number of spans gathered.
func (b *Batch) Len() int { return b.count }

// Take returns what was gathered and leaves the batch empty.
func (b *Batch) Take() (ptrace.Traces, int) {
	traces, count := b.traces, b.count
	b.reset()
	return traces, count
}

// Add makes a span of the call. It keeps no reference to it.
func (b *Batch) Add(id *process.Identity, call *protocol.Call) {
	slice, ok := b.byProc[id]
	if !ok {
		rs := b.traces.ResourceSpans().AppendEmpty()
		id.PutResource(rs.Resource())
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(b.scope)
		ss.Scope().SetVersion(b.version)
		slice = ss.Spans()
		b.byProc[id] = slice
	}
	b.count++
	b.put(slice.AppendEmpty(), call)
}

func (b *Batch) put(span ptrace.Span, call *protocol.Call) {
	var trace pcommon.TraceID
	binary.NativeEndian.PutUint64(trace[:8], b.nonZero())
	binary.NativeEndian.PutUint64(trace[8:], b.nonZero())
	var id pcommon.SpanID
	binary.NativeEndian.PutUint64(id[:], b.nonZero())
	span.SetTraceID(trace)
	span.SetSpanID(id)
	span.SetName(call.Name)
	span.SetKind(ptrace.SpanKindServer)
	if call.Kind == protocol.Client {
		span.SetKind(ptrace.SpanKindClient)
	}
	span.SetStartTimestamp(pcommon.Timestamp(call.StartUnixNano))
	span.SetEndTimestamp(pcommon.Timestamp(call.EndUnixNano))
	if call.Failed {
		span.Status().SetCode(ptrace.StatusCodeError)
	}
	m := span.Attributes()
	unknown := call.StatusClass == semconv.StatusClassUnknown && call.Outcome == protocol.Answered
	outcome := call.Outcome.String()
	uncertain := call.EndUnknown || call.StartUnproven
	room := len(call.Attributes) // and no more: it is most of what a span takes
	for _, more := range [...]bool{call.QueueKnown, unknown, call.ErrorType != "", outcome != "", uncertain} {
		if more {
			room++
		}
	}
	m.EnsureCapacity(room)
	for i := range call.Attributes {
		a := &call.Attributes[i]
		switch {
		case a.Listed:
			putListed(m, a.Key, a.Text)
		case a.Flag:
			m.PutBool(a.Key, true)
		case a.Text != "":
			m.PutStr(a.Key, a.Text)
		default:
			m.PutInt(a.Key, a.Number)
		}
	}
	if call.QueueKnown {
		m.PutDouble(semconv.ServerQueueDuration, time.Duration(call.QueueNs).Seconds())
	}
	if unknown {
		m.PutStr(semconv.StatusClass, call.StatusClass)
	}
	if call.ErrorType != "" {
		m.PutStr(semconv.ErrorType, call.ErrorType)
	}
	if outcome != "" {
		m.PutStr(semconv.ExchangeOutcome, outcome)
	}
	if uncertain {
		m.PutBool(semconv.DurationUncertain, true)
	}
}

// nonZero: an id of zeros is invalid (W3C Trace Context, section 3.2.2).
func (b *Batch) nonZero() uint64 {
	for {
		if n := b.random.Uint64(); n != 0 {
			return n
		}
	}
}

// putListed adds a text to a list.
func putListed(m pcommon.Map, key, text string) {
	v, ok := m.Get(key)
	if !ok {
		v = m.PutEmpty(key)
		v.SetEmptySlice()
	}
	v.Slice().AppendEmpty().SetStr(text)
}
