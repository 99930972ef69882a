// SPDX-License-Identifier: Apache-2.0

// Command ends plays the programs whose cost the overhead benchmark measures. What
// it did is counted in a file that is mapped into memory, so that neither counting
// nor reading the count is a system call in what is measured.
//
//	ends pair -counter FILE                            both ends of TCP connections
//	ends client -counter FILE -address A -protocol P   a client of a server; P is http or redis
//	ends calls -counter FILE                           system calls that are no socket I/O
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ends:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("say pair, client or calls")
	}
	flags := flag.NewFlagSet("ends "+args[0], flag.ContinueOnError)
	file := flags.String("counter", "", "file whose first 8 bytes count what was done; without it nobody sees")
	address := flags.String("address", "", "address of the server")
	speak := flags.String("protocol", "http", "http or redis")
	connections := flags.Int("connections", 16, "connections that are open at once")
	group := flags.Int("group", 16, "connections that are asked before the first answer is read")
	rate := flags.Int("rate", 0, "requests a second; 0: as many as there can be")
	count := flags.Uint64("count", 0, "requests after which the client ends; 0: never")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	done, err := mapCounter(*file)
	if err != nil {
		return err
	}
	runtime.LockOSThread() // one thread, so that no scheduler but the kernel's is measured
	switch args[0] {
	case "pair":
		return playPair(done, *connections)
	case "client":
		request, ok := requests[*speak]
		if !ok {
			return fmt.Errorf("protocol is %q, must be http or redis", *speak)
		}
		return playClient(done, *address, request, *connections, pace{*group, *rate, *count})
	case "calls":
		return playCalls(done)
	}
	return fmt.Errorf("%q: say pair, client or calls", args[0])
}
