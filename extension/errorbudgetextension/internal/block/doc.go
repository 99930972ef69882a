// SPDX-License-Identifier: Apache-2.0

// Package block writes counts down small, and reads them back: a Part is the
// minutes of an hour, or of the moments of one commit, of every series that was
// heard of. Its bytes are read without any others, and Seal adds a checksum.
//
// The events of a service's indicators are mostly the same ones, so the column
// of valid events is written once a service, as differences; each indicator adds
// its bad ones. Both are varints, and zstd takes what is regular out of them.
//
// The package does no I/O and reads no clock.
package block // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
