// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// callsARound is how many system calls a round of playCalls makes.
const callsARound = 8

// playCalls makes system calls that are no socket I/O, in rounds: a pipe, a file,
// a process's own number, a futex that nobody waits for.
func playCalls(done *atomic.Uint64) error {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("making a pipe: %w", err)
	}
	f, err := os.CreateTemp("", "ends")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	block := make([]byte, 64)
	data, size, file := uintptr(unsafe.Pointer(&block[0])), uintptr(len(block)), f.Fd()
	var futex uint32
	fmt.Println("ready")
	for {
		for _, c := range [callsARound][4]uintptr{
			{unix.SYS_WRITE, uintptr(pipe[1]), data, size},
			{unix.SYS_READ, uintptr(pipe[0]), data, size},
			{unix.SYS_WRITE, file, data, size},
			{unix.SYS_LSEEK, file, 0, 0},
			{unix.SYS_READ, file, data, size},
			{unix.SYS_LSEEK, file, 0, 0},
			{unix.SYS_GETPID},
			{unix.SYS_FUTEX, uintptr(unsafe.Pointer(&futex)), 1, 1}, // FUTEX_WAKE
		} {
			if _, _, errno := unix.RawSyscall(c[0], c[1], c[2], c[3]); errno != 0 {
				return fmt.Errorf("system call %d: %w", c[0], errno)
			}
		}
		done.Add(callsARound)
	}
}
