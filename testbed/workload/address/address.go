// SPDX-License-Identifier: Apache-2.0

// Package address says how the testbed writes addresses: host:port, or unix: and
// the path of a socket.
package address // import "github.com/sloe-dev/sloe/testbed/workload/address"

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"time"
)

// unixPrefix marks the path of a Unix socket.
const unixPrefix = "unix:"

// Split returns what net.Listen and net.Dial take.
func Split(address string) (network, rest string) {
	if path, ok := strings.CutPrefix(address, unixPrefix); ok {
		return "unix", path
	}
	return "tcp", address
}

// Of writes the address of a listener or of a connection's end.
func Of(a net.Addr) string {
	if a.Network() == "unix" {
		return unixPrefix + a.String()
	}
	return a.String()
}

// dialPatience is how long a full backlog is waited for.
const dialPatience = 10 * time.Second

// Dial connects. Where the backlog of a Unix socket is full, which refuses at once
// (connect(2), EAGAIN), it tries again, as TCP does by itself.
func Dial(address string) (net.Conn, error) {
	for deadline := time.Now().Add(dialPatience); ; time.Sleep(time.Millisecond) {
		c, err := net.Dial(Split(address))
		if !errors.Is(err, syscall.EAGAIN) || time.Now().After(deadline) {
			return c, err
		}
	}
}

// Listen listens.
func Listen(address string) (net.Listener, error) { return net.Listen(Split(address)) }

// Host returns a value for the Host field of a request to the address.
func Host(address string) string {
	if strings.HasPrefix(address, unixPrefix) {
		return "localhost"
	}
	return address
}
