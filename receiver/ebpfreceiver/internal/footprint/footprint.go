// SPDX-License-Identifier: Apache-2.0

// Package footprint gives back memory that only the start of the process needed:
// on a host of a gigabyte it is the larger part of what the agent holds.
package footprint

import (
	"fmt"
	"runtime/debug"
)

// Shrink returns to the kernel what loading took and nothing needs any more: free
// memory of the heap, where the description of the kernel's types was, and the pages
// of the executable. Of the last those that are used come back at their next use,
// from the page cache; most were touched by the initialisation of packages alone.
func Shrink() error {
	debug.FreeOSMemory()
	if err := releaseExecutable(); err != nil {
		return fmt.Errorf("give back the executable's pages: %w", err)
	}
	return nil
}
