// SPDX-License-Identifier: Apache-2.0

package goserver

import (
	"testing"

	"github.com/sloe-dev/sloe/testbed/workload/counted"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// Server is a server in a process of its own.
type Server struct{ counted.Server[Counts] }

// Start builds and starts a server on a free port of 127.0.0.1. The test's end
// kills it.
func Start(t testing.TB) *Server {
	t.Helper()
	return StartCommand(t, process.Command{Path: process.Build(t, "testbed/cmd/goserver")})
}

// StartCommand is Start with a program that was built before, and the
// environment that it is to have.
func StartCommand(t testing.TB, c process.Command) *Server {
	t.Helper()
	return &Server{counted.Start[Counts](t, c)}
}
