// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package ebpfreceiver counts the requests of a Linux host in the kernel.
package ebpfreceiver // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver"
