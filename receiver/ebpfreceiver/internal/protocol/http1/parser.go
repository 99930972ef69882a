// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"
	"strconv"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Parser reads HTTP/1 turns.
type Parser struct{}

var _ protocol.Parser = Parser{}

// request is what is known of a request's head.
type request struct {
	line          requestLine
	host          []byte
	userAgent     []byte
	contentLength uint64
	chunked       bool
	// headSize is 0 if the end of the head was not captured.
	headSize int
}

// response is what is known of a response's head.
type response struct {
	status        int
	contentLength uint64
	lengthKnown   bool
	chunked       bool
	headSize      int
}

// Parse implements protocol.Parser.
func (Parser) Parse(turn *protocol.Turn, call *protocol.Call) protocol.Result {
	req, ok := parseRequest(turn.Request)
	if !ok {
		return protocol.Invalid
	}
	countFurther(turn, &req)
	method, known := knownMethod(req.line.method)
	call.Family = semconv.ProtocolHTTP
	call.Metric = semconv.HTTPServerRequestDuration
	if turn.Kind == protocol.Client {
		call.Metric = semconv.HTTPClientRequestDuration
	}
	// {method} alone: a path is not of low cardinality, and no route is known
	call.Name = method
	if !known {
		call.Name = "HTTP"
	}
	call.Text(semconv.HTTPRequestMethod, method, true)
	if !known {
		call.Text(semconv.HTTPRequestMethodOriginal, string(req.line.method), false)
	}
	call.Text(semconv.URLScheme, "http", true)
	if req.line.version != "" {
		call.Text(semconv.NetworkProtocolVersion, req.line.version, true)
	}
	putTarget(turn, call, &req)
	if turn.Outcome != protocol.Answered {
		putAborted(turn, call)
		return protocol.Whole
	}
	return putResponse(turn, call, method)
}

func parseRequest(b []byte) (request, bool) {
	var r request
	var ok bool
	if r.line, ok = parseRequestLine(b); !ok {
		return r, false
	}
	if r.line.size == 0 {
		return r, true
	}
	size := fields(b[r.line.size:], func(name, value []byte) {
		switch {
		case equalFold(name, "host"):
			r.host = value
		case equalFold(name, "user-agent"):
			r.userAgent = value
		case equalFold(name, "content-length"):
			r.contentLength, _ = parseLength(value)
		case equalFold(name, "transfer-encoding"):
			r.chunked = true
		}
	})
	if size > 0 {
		r.headSize = r.line.size + size
	}
	return r, true
}

// countFurther looks for requests behind the first one.
func countFurther(turn *protocol.Turn, first *request) {
	b := turn.Request
	total := turn.RequestBytes
	for r := *first; ; {
		if r.headSize == 0 || r.chunked {
			return // the size of this request is not known: what follows may be its body
		}
		size := uint64(r.headSize) + r.contentLength
		if total <= size {
			return
		}
		total -= size
		if uint64(len(b)) <= size {
			turn.FurtherUnknown = true
			return
		}
		b = b[size:]
		next, ok := parseRequest(b)
		if !ok {
			return // not a request: the rest of a body that came after all
		}
		turn.Further++
		r = next
	}
}

func putAborted(turn *protocol.Turn, call *protocol.Call) {
	call.StatusClass = semconv.StatusClassUnknown
	if turn.Outcome == protocol.AbortedByServer {
		call.Failed = true
		call.ErrorType = semconv.AbortedByServer
		return
	}
	call.ErrorType = semconv.AbortedByClient
	call.Failed = turn.Kind == protocol.Client
}

func putResponse(turn *protocol.Turn, call *protocol.Call, method string) protocol.Result {
	resp := parseResponse(turn)
	if resp.status == 0 {
		call.StatusClass = semconv.StatusClassUnknown
		return protocol.Whole
	}
	call.StatusClass = strconv.Itoa(resp.status/100) + "xx"
	call.Number(semconv.HTTPResponseStatusCode, int64(resp.status), true)
	if resp.status >= 500 || (turn.Kind == protocol.Client && resp.status >= 400) {
		call.Failed = true
		call.ErrorType = strconv.Itoa(resp.status)
	}
	return resp.extent(turn, method)
}

func parseResponse(turn *protocol.Turn) response {
	r := response{status: turn.Status}
	b := turn.Response
	nl := bytes.IndexByte(b, '\n')
	if nl < 0 {
		return r
	}
	size := fields(b[nl+1:], func(name, value []byte) {
		switch {
		case equalFold(name, "content-length"):
			r.contentLength, r.lengthKnown = parseLength(value)
		case equalFold(name, "transfer-encoding"):
			r.chunked = true
		}
	})
	if size > 0 {
		r.headSize = nl + 1 + size
	}
	return r
}

// lastChunk ends a chunked body without trailers (RFC 9112, section 7.1).
var lastChunk = []byte("0\r\n\r\n")

// extent tells whether the response ended with the bytes that went by (RFC
// 9112, section 6.3).
func (r *response) extent(turn *protocol.Turn, method string) protocol.Result {
	if method == "HEAD" || r.status == 101 || r.status == 204 || r.status == 304 {
		return protocol.Whole
	}
	if r.headSize == 0 {
		return protocol.Growing
	}
	if r.chunked {
		// only if all of it was captured is its end visible here
		if uint64(len(turn.Response)) == turn.ResponseBytes && bytes.HasSuffix(turn.Response, lastChunk) {
			return protocol.Whole
		}
		return protocol.Growing
	}
	if !r.lengthKnown {
		return protocol.Growing // until the connection closes
	}
	turn.ResponseLength = uint64(r.headSize) + r.contentLength
	if turn.ResponseBytes >= turn.ResponseLength {
		return protocol.Whole
	}
	return protocol.Growing
}
