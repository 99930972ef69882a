// SPDX-License-Identifier: Apache-2.0

// Package detect compiles the kernel's detection of protocols as ordinary C, so
// that tests can hold it against bytes. Nothing but its tests imports it: the
// binaries need no cgo, and with cgo switched off only this comment is left.
//
// It is in the folder of the headers, since go builds a package anew only for
// headers beside it.
package detect // import "github.com/sloe-dev/sloe/bpf/detect"
