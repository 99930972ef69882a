// SPDX-License-Identifier: Apache-2.0

// Package bpf is the only place where kernel and Go meet: the compiled programs
// of this folder and the Go side of their maps, records and enumerations,
// generated from the C headers in include.
//
// The objects are committed, so that building needs no clang; `make bpf` makes
// them anew and CI checks that they are fresh. No binary involves cgo: only the
// tests of bpf/detect do, which compile the detection as ordinary C.
package bpf // import "github.com/sloe-dev/sloe/bpf"

//go:generate go tool -modfile=../internal/tools/go.mod bpf2go -go-package bpf -target amd64,arm64 -output-stem socket -cc clang-19 -strip llvm-strip-19 -type exchange_record -type tail_record -type chunk_record -type open_exchange -type connection_stat -type listener_stat -type record_kind -type role -type protocol -type outcome -type exchange_flag -type tail_flag -type status_class -type chunk_flag -type counter -type failure -type spill_reason -type unmeasured_reason -type flow Socket programs/socket.bpf.c -- -O2 -g -Wall -Werror -Wno-unused-function -idirafter /usr/include/x86_64-linux-gnu
