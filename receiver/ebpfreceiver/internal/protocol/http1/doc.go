// SPDX-License-Identifier: Apache-2.0

// Package http1 reads HTTP/1.0 and HTTP/1.1 exchanges (RFC 9110, RFC 9112) from
// the captured prefixes of a request and its final response.
package http1 // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http1"
