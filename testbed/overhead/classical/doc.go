// SPDX-License-Identifier: Apache-2.0

// Package classical is the design that Sloe is compared with: tracepoints at the
// entry and the exit of system calls. It ships nowhere.
package classical // import "github.com/sloe-dev/sloe/testbed/overhead/classical"

//go:generate go tool -modfile=../../../internal/tools/go.mod bpf2go -go-package classical -target amd64,arm64 -output-stem classical -cc clang-19 -strip llvm-strip-19 Classical programs/classical.bpf.c -- -O2 -g -Wall -Werror -Wno-unused-function -idirafter /usr/include/x86_64-linux-gnu
