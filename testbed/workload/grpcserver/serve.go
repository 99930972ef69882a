// SPDX-License-Identifier: Apache-2.0

// Package grpcserver is a gRPC server whose interceptors' counters are the truth
// that a capture is compared with, and its client. The server runs as a process of
// its own, and its counters are read through its standard input and output.
package grpcserver // import "github.com/sloe-dev/sloe/testbed/workload/grpcserver"

import (
	"fmt"
	"io"

	"google.golang.org/grpc"

	"github.com/sloe-dev/sloe/testbed/workload/address"
	"github.com/sloe-dev/sloe/testbed/workload/counted"
)

// Serve listens on an address (see package address), prints `ready ADDRESS`, and
// answers each line `counts` of in with `counts JSON` on out. It returns when in
// ends.
func Serve(on string, in io.Reader, out io.Writer) error {
	listener, err := address.Listen(on)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", on, err)
	}
	c := newCounters()
	server := grpc.NewServer(grpc.UnaryInterceptor(c.unary), grpc.StreamInterceptor(c.stream))
	server.RegisterService(&service, struct{}{})
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if err := counted.Serve(listener.Addr(), in, out, func() any { return c.snapshot() }); err != nil {
		return err
	}
	server.Stop()
	return <-failed
}
