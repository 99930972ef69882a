// SPDX-License-Identifier: Apache-2.0

// Command serialserver is the server of testbed/workload/serialserver.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/sloe-dev/sloe/testbed/workload/serialserver"
)

func main() {
	address := flag.String("address", "127.0.0.1:0", "address to listen on: host:port, or unix: and a path")
	work := flag.Duration("work", 300*time.Millisecond, "how long it works on a request")
	flag.Parse()
	err := serialserver.Serve(*address, *work, os.Stdout) // until it fails
	fmt.Fprintln(os.Stderr, "serialserver:", err)
	os.Exit(1)
}
