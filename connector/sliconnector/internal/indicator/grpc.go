// SPDX-License-Identifier: Apache-2.0

package indicator

import (
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// grpcSystem is the value of rpc.system.name, and of rpc.system before it.
const grpcSystem = "grpc"

// codeKnown is what a span says of its gRPC status code.
type codeKnown uint8

const (
	codeAbsent codeKnown = iota // no code, or one that gRPC does not define
	codeGood
	codeBad
)

// grpcCodes are gRPC's status codes by number
// (https://grpc.io/docs/guides/status-codes/).
var grpcCodes = [...]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
	"UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// grpcServerErrors are the codes that blame the server (semantic conventions,
// gRPC, "gRPC Status").
var grpcServerErrors = map[string]bool{
	"UNKNOWN": true, "DEADLINE_EXCEEDED": true, "UNIMPLEMENTED": true,
	"INTERNAL": true, "UNAVAILABLE": true, "DATA_LOSS": true,
}

// grpcCode reads a status code by name (conventions since 1.37) or by number,
// which may have been sent as text.
func grpcCode(v pcommon.Value) codeKnown {
	name := ""
	switch v.Type() {
	case pcommon.ValueTypeInt:
		name = GRPCCodeName(v.Int())
	case pcommon.ValueTypeStr:
		name = v.Str()
		if n, err := strconv.ParseInt(name, 10, 64); err == nil {
			name = GRPCCodeName(n)
		}
	}
	if grpcServerErrors[name] {
		return codeBad
	}
	for _, known := range grpcCodes {
		if known == name {
			return codeGood
		}
	}
	return codeAbsent
}

// GRPCCodeName returns the name of a status code, or "" if gRPC defines none of the
// number.
func GRPCCodeName(n int64) string {
	if n < 0 || n >= int64(len(grpcCodes)) {
		return ""
	}
	return grpcCodes[n]
}

// grpcStatus: the status code decides; without one an error does, and without
// either nothing is known.
func grpcStatus(t *traits) Status {
	code := t.grpcCode
	if code == codeAbsent {
		code = t.grpcOld
	}
	switch {
	case code == codeBad, code == codeAbsent && t.failed:
		return StatusBad
	case code == codeGood:
		return StatusGood
	}
	return StatusUnknown
}
