// SPDX-License-Identifier: Apache-2.0

// Package backend knows the ways in which the kernel's programs can be hooked to
// the I/O of sockets, and what each of them needs of a host.
//
// The receiver's capture opens one of them; sloectl tries each and says what it
// lacks. A back-end is chosen by trying it: a kernel's version tells nothing of
// features that were carried over, switched off or locked down.
package backend // import "github.com/sloe-dev/sloe/internal/backend"
