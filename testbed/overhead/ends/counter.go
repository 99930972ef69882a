// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapCounter maps the counter that a file holds. Without a name it is in memory.
func mapCounter(name string) (*atomic.Uint64, error) {
	if name == "" {
		return new(atomic.Uint64), nil
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("opening the counter: %w", err)
	}
	defer f.Close()
	memory, err := unix.Mmap(int(f.Fd()), 0, 8, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mapping the counter: %w", err)
	}
	return (*atomic.Uint64)(unsafe.Pointer(&memory[0])), nil
}
