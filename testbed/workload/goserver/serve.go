// SPDX-License-Identifier: Apache-2.0

// Package goserver is an HTTP server whose own counters are the truth that a
// capture is compared with. It runs as a process of its own, and its counters
// are read through its standard input and output: no socket is involved that
// could itself be captured.
package goserver // import "github.com/sloe-dev/sloe/testbed/workload/goserver"

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c" //nolint:staticcheck // net/http has no upgrade

	"github.com/sloe-dev/sloe/testbed/workload/address"
	"github.com/sloe-dev/sloe/testbed/workload/counted"
)

// Serve listens on an address (see package address), prints `ready ADDRESS`, and answers each line
// `counts` of in with `counts JSON` on out. It returns when in ends.
func Serve(on string, in io.Reader, out io.Writer) error {
	listener, err := address.Listen(on)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", on, err)
	}
	c := newCounters()
	// HTTP/2 without TLS too: by upgrade, and with prior knowledge
	server := &http.Server{Handler: h2c.NewHandler(newHandler(c), &http2.Server{})} //nolint:staticcheck // the same
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if err := counted.Serve(listener.Addr(), in, out, c.snapshot); err != nil {
		return err
	}
	err = server.Close()
	if serveErr := <-failed; !errors.Is(serveErr, http.ErrServerClosed) {
		return serveErr
	}
	return err
}
