// SPDX-License-Identifier: Apache-2.0

// Package httpcall holds what the calls of all versions of HTTP have in common
// (RFC 9110; semantic conventions, HTTP).
package httpcall // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
