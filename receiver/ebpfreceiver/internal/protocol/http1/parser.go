// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
)

// Parser reads HTTP/1 turns. What it tells of a turn whose prefixes were cut
// short is a part of what it would tell of all of it, never something else.
type Parser struct{}

var _ protocol.Parser = Parser{}

// request is what is known of a request's head. The slices are parts of the
// input.
type request struct {
	line      requestLine
	host      []byte
	hostSeen  bool
	userAgent []byte
	// longPoll tells that the server is asked to wait before it answers.
	longPoll bool
	// contentLength is the size of the body, unless that is not known.
	contentLength uint64
	lengthSeen    bool
	sizeUnknown   bool
	// chunked tells that a last chunk ends it.
	chunked bool
	// headSize is 0 if the end of the head was not captured.
	headSize int
}

// Parse implements protocol.Parser.
func (Parser) Parse(turn *protocol.Turn, call *protocol.Call) protocol.Result {
	req, found := parseRequest(turn.Request)
	if found != lineFound {
		return protocol.Invalid
	}
	countFurther(turn, &req)
	method, known := httpcall.Method(req.line.method)
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
		call.Text(semconv.HTTPRequestMethodOriginal, call.Texts.Of(req.line.method), false)
	}
	httpcall.PutText(call, semconv.NetworkProtocolVersion, req.line.version, true)
	putTarget(turn, call, &req)
	if call.HTTP != nil {
		putHeaders(call, call.HTTP.RequestHeaders, turn.Request, req.line.size)
	}
	if turn.Outcome != protocol.Answered {
		putAborted(turn, call)
		putSizes(turn, call, &req, nil, method)
		return protocol.Whole
	}
	result := putResponse(turn, call, &req, method)
	if req.headSize == 0 && turn.ResponseLength > 0 && turn.ResponseBytes > turn.ResponseLength {
		turn.FurtherUnknown = true // another response, to a request behind what was captured
	}
	return result
}

func parseRequest(b []byte) (request, lineResult) {
	var r request
	var found lineResult
	if r.line, found = parseRequestLine(b); found != lineFound || r.line.size == 0 {
		return r, found
	}
	w := fieldWalk{b: b[r.line.size:]}
	for field, more := w.next(); more; field, more = w.next() {
		switch initial(field) {
		case 'h':
			if value, is := valueOf(field, "host"); is && !r.hostSeen {
				r.host, r.hostSeen = value, true
			}
		case 'u':
			if value, is := valueOf(field, "user-agent"); is && r.userAgent == nil {
				r.userAgent = value
			}
		case 'p':
			if value, is := valueOf(field, "prefer"); is {
				r.longPoll = r.longPoll || httpcall.IsLongPoll(string(value))
			}
		case 'c':
			if value, is := valueOf(field, "content-length"); is {
				n, ok := parseLength(value)
				r.contentLength, r.lengthSeen, r.sizeUnknown = n, true, r.sizeUnknown || !ok
			}
		case 't':
			if value, is := valueOf(field, "transfer-encoding"); is {
				r.sizeUnknown, r.chunked = true, endsChunked(value)
			}
		}
	}
	r.headSize = w.headSize(r.line.size)
	return r, found
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

func putResponse(turn *protocol.Turn, call *protocol.Call, req *request, method string) protocol.Result {
	call.StatusClass = httpcall.StatusClass(turn.Status)
	if turn.Status != 0 {
		call.Number(semconv.HTTPResponseStatusCode, int64(turn.Status), true)
	}
	if turn.Status >= 500 || (turn.Kind == protocol.Client && turn.Status >= 400) {
		call.Failed = true
		call.ErrorType = httpcall.Code(turn.Status)
	}
	resp := parseResponse(turn.Response)
	httpcall.PutStream(call, turn.Status, resp.events, req.longPoll)
	httpcall.KeepRoute(call, turn.Status)
	if call.HTTP != nil {
		putHeaders(call, call.HTTP.ResponseHeaders, turn.Response, resp.lineSize)
		putSizes(turn, call, req, &resp, method)
	}
	return resp.extent(turn, method)
}
