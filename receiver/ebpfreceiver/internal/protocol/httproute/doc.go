// SPDX-License-Identifier: Apache-2.0

// Package httproute tells the route of a path: by patterns that a configuration gives,
// or by what of a path looks like the name of one thing among many.
package httproute // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httproute"
