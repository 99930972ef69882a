// SPDX-License-Identifier: Apache-2.0

// Package http2 reads connections of HTTP/2 (RFC 9113, RFC 7541), and gRPC over it
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), from chunks of
// both directions, with gaps.
//
// Headers that refer to what was not seen are unknown, and said to be: a wrong
// method would be worse than none. A stream of which a gap may have swallowed the
// end is waited for, and then counted as indeterminate.
package http2 // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http2"
