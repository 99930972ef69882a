// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
)

const (
	systemGRPC = "grpc"
	// maxMethod bounds the name of a method: package, service and method.
	maxMethod = 256
	// otherMethod stands for a method that is none.
	otherMethod = "_OTHER"
)

// statusNames are gRPC's status codes by number
// (https://grpc.io/docs/guides/status-codes/).
var statusNames = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
	"UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

const (
	codeOK            = 0
	codeUnknown       = 2
	codeUnimplemented = 12
	codeUnavailable   = 14
)

// serverErrors are the codes that blame the server (semantic conventions, gRPC).
var serverErrors = [len(statusNames)]bool{2: true, 4: true, 12: true, 13: true, 14: true, 15: true}

// fillGRPC makes a call by the conventions of RPC.
func (st *stream) fillGRPC(turn *protocol.Turn, call *protocol.Call) {
	call.Family, call.Name = semconv.ProtocolGRPC, systemGRPC
	call.Metric = semconv.RPCServerCallDuration
	if turn.Kind == protocol.Client {
		call.Metric = semconv.RPCClientCallDuration
	}
	call.Text(semconv.RPCSystemName, systemGRPC, true)
	code := st.codeOf(turn)
	method, ok := fullMethod(st.path)
	switch {
	case st.path == "": // not known
	case !ok || (turn.Kind == protocol.Server && code == codeUnimplemented):
		// a path of a caller's invention must not become a label
		call.Text(semconv.RPCMethod, otherMethod, true)
		call.Text(semconv.RPCMethodOriginal, valid(strings.TrimPrefix(st.path, "/")), false)
	default:
		call.Name = method
		call.Text(semconv.RPCMethod, method, true)
	}
	st.putServer(turn, call, "", "")
	httpcall.PutText(call, semconv.RPCStreaming, streaming(&st.asked, &st.said), false)
	if st.grpcTimeout > 0 {
		call.Number(semconv.RPCTimeout, st.grpcTimeout.Milliseconds(), false)
	}
	if st.grpcMessage {
		call.Flag(semconv.RPCMessage)
	}
	if turn.Outcome != protocol.Answered {
		return
	}
	if st.status != 0 && st.status != 200 {
		call.Number(semconv.HTTPResponseStatusCode, int64(st.status), false)
	}
	if code < 0 {
		call.StatusClass = semconv.StatusClassUnknown
		return
	}
	name := statusNames[code]
	call.Text(semconv.RPCResponseStatusCode, name, true)
	call.Failed = serverErrors[code] || (turn.Kind == protocol.Client && code != codeOK)
	call.StatusClass = semconv.StatusClassOK
	if call.Failed {
		call.StatusClass, call.ErrorType = semconv.StatusClassError, name
	}
}

// codeOf returns the status code, -1 if it is not known. Codes that gRPC does not
// have are UNKNOWN to its clients. What answers without gRPC's status has one by
// that of HTTP
// (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md).
func (st *stream) codeOf(turn *protocol.Turn) int {
	if turn.Outcome != protocol.Answered {
		return -1
	}
	if st.grpcStatus >= len(statusNames) {
		return codeUnknown
	}
	if st.grpcStatus >= 0 {
		return st.grpcStatus
	}
	if st.unknownStatus || st.status == 0 || st.status == 200 {
		return -1
	}
	switch st.status {
	case 400:
		return 13 // INTERNAL
	case 401:
		return 16 // UNAUTHENTICATED
	case 403:
		return 7 // PERMISSION_DENIED
	case 404:
		return codeUnimplemented
	case 429, 502, 503, 504:
		return codeUnavailable
	}
	return codeUnknown
}

// fullMethod returns package, service and method of a path, and false if it is none
// of a method.
func fullMethod(path string) (string, bool) {
	full, ok := strings.CutPrefix(path, "/")
	if !ok || len(full) > maxMethod {
		return "", false
	}
	service, method, ok := strings.Cut(full, "/")
	if !ok || service == "" || method == "" {
		return "", false
	}
	for _, c := range []byte(full) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '.' && c != '_' && c != '/' && c != '-' {
			return "", false
		}
	}
	return full, true
}

// timeoutUnits are those of grpc-timeout (gRPC over HTTP2, requests).
var timeoutUnits = map[byte]time.Duration{
	'H': time.Hour, 'M': time.Minute, 'S': time.Second, 'm': time.Millisecond, 'u': time.Microsecond, 'n': time.Nanosecond,
}

// parseTimeout reads a value of grpc-timeout: at most eight digits and a unit. It returns
// 0 for one that is none.
func parseTimeout(s string) time.Duration {
	const digits = 8
	if len(s) < 2 || len(s) > digits+1 {
		return 0
	}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	unit := timeoutUnits[s[len(s)-1]]
	if err != nil || unit == 0 {
		return 0
	}
	if n > uint64(math.MaxInt64/unit) {
		return math.MaxInt64
	}
	return time.Duration(n) * unit
}
