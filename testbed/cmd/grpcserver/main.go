// SPDX-License-Identifier: Apache-2.0

// Command grpcserver is the server of testbed/workload/grpcserver.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/sloe-dev/sloe/testbed/workload/grpcserver"
)

func main() {
	address := flag.String("address", "127.0.0.1:0", "address to listen on: host:port, or unix: and a path")
	flag.Parse()
	if err := grpcserver.Serve(*address, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "grpcserver:", err)
		os.Exit(1)
	}
}
