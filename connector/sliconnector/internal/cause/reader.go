// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
	"github.com/sloe-dev/sloe/internal/semconv"
)

// Reader reads the causes of bad spans. It belongs to one goroutine and is meant
// to be reused.
type Reader struct {
	resource ptrace.ResourceSpans
	indexed  bool
	calls    map[pcommon.SpanID]call // of the resource, by the span that made them
	traits   traits
	visit    func(name string, v pcommon.Value) bool
}

// call is what is known of the client calls that one span made.
type call struct {
	failed, slow       ptrace.Span
	anyFailed, anySlow bool
	longest            time.Duration
}

// NewReader returns a Reader.
func NewReader() *Reader {
	r := &Reader{calls: map[pcommon.SpanID]call{}}
	r.visit = func(name string, v pcommon.Value) bool {
		r.traits.read(name, v)
		return true
	}
	return r
}

// Resource says of which resource the next spans are. The Reader refers to it until
// the next one, or Reset.
func (r *Reader) Resource(rs ptrace.ResourceSpans) { r.resource, r.indexed = rs, false }

// Reset lets go of the data.
func (r *Reader) Reset() {
	r.resource, r.indexed = ptrace.ResourceSpans{}, false
	clear(r.calls)
}

// Of reads the cause of a bad span. A client span's dependency is its own other
// side. That of another span is whom it called in vain, as far as the same resource
// of the same call holds its client spans; of a span that was bad for being slower
// than a threshold, whom it called for longer than that. Slow is 0 if it was not.
func (r *Reader) Of(s ptrace.Span, slow time.Duration) Cause {
	t := r.read(s)
	c := Cause{route: t.route(), peer: t.peer()}
	c.err, c.code = t.failure(s)
	if s.Kind() == ptrace.SpanKindClient {
		return c
	}
	c.peer = peer{}
	if !r.indexed {
		r.index()
	}
	made := r.calls[s.SpanID()]
	switch {
	case slow > 0 && made.anySlow && made.longest > slow:
		c.peer = r.read(made.slow).peer()
	case slow == 0 && made.anyFailed:
		c.peer = r.read(made.failed).peer()
	}
	return c
}

func (r *Reader) read(s ptrace.Span) *traits {
	r.traits = traits{}
	s.Attributes().Range(r.visit)
	return &r.traits
}

// index looks through the client spans of the resource, once for all bad spans of
// it.
func (r *Reader) index() {
	clear(r.calls)
	r.indexed = true
	scopes := r.resource.ScopeSpans()
	for i := range scopes.Len() {
		spans := scopes.At(i).Spans()
		for j := range spans.Len() {
			s := spans.At(j)
			if s.Kind() != ptrace.SpanKindClient || s.ParentSpanID().IsEmpty() {
				continue
			}
			made := r.calls[s.ParentSpanID()]
			if d := time.Duration(s.EndTimestamp() - s.StartTimestamp()); s.StartTimestamp() != 0 && s.EndTimestamp() >= s.StartTimestamp() && d > made.longest {
				made.slow, made.anySlow, made.longest = s, true, d
			}
			if failed(s) {
				made.failed, made.anyFailed = s, true // the last one of several
			}
			r.calls[s.ParentSpanID()] = made
		}
	}
}

func failed(s ptrace.Span) bool {
	if s.Status().Code() == ptrace.StatusCodeError {
		return true
	}
	_, known := s.Attributes().Get(semconv.ErrorType)
	return known
}

// traits are the attributes that tell a cause. The current names of the conventions
// win over the old ones.
type traits struct {
	method, httpRoute            string
	rpc                          bool
	rpcMethod, rpcService        string
	dbSystem, operation          string
	collection                   string
	address, peerAddress         string
	port, peerPort               int64
	errorType, code, oldCode     string
	dbCode, outcome              string
	httpStatus, httpStatusBefore int64
}

func (t *traits) read(name string, v pcommon.Value) {
	switch name {
	case semconv.HTTPRequestMethod:
		t.method = text(v)
	case semconv.HTTPMethodOld:
		t.method = either(t.method, v)
	case semconv.HTTPRoute:
		t.httpRoute = text(v)
	case semconv.HTTPResponseStatusCode:
		t.httpStatus = integer(v)
	case semconv.HTTPStatusCodeOld:
		t.httpStatusBefore = integer(v)
	case semconv.RPCSystemName, semconv.RPCSystemOld:
		t.rpc = true
	case semconv.RPCMethod:
		t.rpcMethod = text(v)
	case semconv.RPCServiceOld:
		t.rpcService = text(v)
	case semconv.RPCResponseStatusCode:
		t.code = code(v)
	case semconv.RPCGRPCStatusCodeOld:
		t.oldCode = code(v)
	case semconv.DBSystemName:
		t.dbSystem = text(v)
	case semconv.DBSystemOld:
		t.dbSystem = either(t.dbSystem, v)
	case semconv.DBOperationName:
		t.operation = text(v)
	case semconv.DBOperationOld:
		t.operation = either(t.operation, v)
	case semconv.DBCollectionName:
		t.collection = text(v)
	case semconv.DBCollectionOld:
		t.collection = either(t.collection, v)
	case semconv.DBResponseStatusCode:
		t.dbCode = code(v)
	case semconv.ServerAddress:
		t.address = text(v)
	case semconv.ServerPort:
		t.port = integer(v)
	case semconv.NetworkPeerAddress:
		t.peerAddress = text(v)
	case semconv.NetworkPeerPort:
		t.peerPort = integer(v)
	case semconv.ErrorType:
		t.errorType = text(v)
	case semconv.ExchangeOutcome:
		t.outcome = text(v)
	}
}

func (t *traits) route() route {
	switch {
	case t.rpc:
		return route{operation: t.rpcMethod, of: t.rpcService, rpc: true}
	case t.dbSystem != "":
		return route{operation: t.operation, of: t.collection}
	}
	return route{operation: t.method, of: t.httpRoute}
}

func (t *traits) peer() peer {
	if t.address == "" {
		return peer{system: t.dbSystem, address: t.peerAddress, port: t.peerPort}
	}
	return peer{system: t.dbSystem, address: t.address, port: t.port}
}

// failure names the error: how the exchange ended, error.type, the status code, or
// that the span says no more than that there was one.
func (t *traits) failure(s ptrace.Span) (string, int64) {
	for _, name := range [...]string{t.outcome, t.errorType} {
		if name != "" {
			return name, 0
		}
	}
	switch {
	case t.httpStatus != 0:
		return "", t.httpStatus
	case t.httpStatusBefore != 0:
		return "", t.httpStatusBefore
	}
	for _, name := range [...]string{t.code, t.oldCode, t.dbCode} {
		if name != "" {
			return name, 0
		}
	}
	if s.Status().Code() == ptrace.StatusCodeError {
		return "ERROR", 0
	}
	return "", 0
}

// code reads a status code by name or by number, gRPC's by its name.
func code(v pcommon.Value) string {
	if v.Type() != pcommon.ValueTypeInt {
		return text(v)
	}
	if name := indicator.GRPCCodeName(v.Int()); name != "" {
		return name
	}
	return strconv.FormatInt(v.Int(), 10)
}

// either is an old name's value, where the current one is not there.
func either(current string, old pcommon.Value) string {
	if current != "" {
		return current
	}
	return text(old)
}

// integer reads a number that some SDKs send as text.
func integer(v pcommon.Value) int64 {
	if v.Type() == pcommon.ValueTypeInt {
		return v.Int()
	}
	n, err := strconv.ParseInt(text(v), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func text(v pcommon.Value) string {
	if v.Type() != pcommon.ValueTypeStr {
		return ""
	}
	return v.Str()
}
