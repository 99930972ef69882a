// SPDX-License-Identifier: Apache-2.0

package grpcserver

import (
	"path/filepath"
	"testing"

	"github.com/sloe-dev/sloe/testbed/workload/counted"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// Server is a server in a process of its own.
type Server struct{ counted.Server[Counts] }

// Start builds and starts a server on an address, with a service name of its own.
// The test's end kills it.
func Start(t testing.TB, name, on string) *Server {
	t.Helper()
	return &Server{counted.Start[Counts](t, process.Command{
		Path: process.Build(t, "testbed/cmd/grpcserver"), Env: []string{"OTEL_SERVICE_NAME=" + name}, Args: []string{"-address", on},
	})}
}

// Python is Debian's, which has its gRPC.
const Python = "/usr/bin/python3"

// Script returns the path of server.py or client.py.
func Script(t testing.TB, name string) string {
	return filepath.Join(process.Root(t), "testbed/workload/grpcserver/python", name)
}

// StartPython starts the same service in Python, on a free port of 127.0.0.1.
func StartPython(t testing.TB, name string) *Server {
	t.Helper()
	return &Server{counted.Start[Counts](t, process.Command{
		Path: Python, Env: []string{"OTEL_SERVICE_NAME=" + name}, Args: []string{Script(t, "server.py")},
	})}
}
