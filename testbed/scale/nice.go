// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Who asks goes ahead of all else on the machine: it stands for clients on machines of
// their own, which do not wait for a core of the server. Who answers is like any other
// process.
const (
	askersNice  = -20
	serversNice = 0
)

// beNice sets the priority of this process, of its threads that are and are to come.
func beNice(level int) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads { // those to come inherit it
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := unix.Setpriority(unix.PRIO_PROCESS, id, level); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}
