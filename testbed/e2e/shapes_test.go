// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// caller is a client with a connection that the test holds in its hand.
type caller struct {
	net.Conn
	responses *bufio.Reader
}

func dial(t *testing.T, address string) *caller {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return &caller{Conn: c, responses: bufio.NewReader(c)}
}

// request is a whole request for a target.
func request(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: shapes\r\n\r\n" }

// read reads one response to its end and returns the length of its body.
func (c *caller) read(t *testing.T) int64 {
	t.Helper()
	response, err := http.ReadResponse(c.responses, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	require.Equal(t, http.StatusOK, response.StatusCode)
	n, err := io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	return n
}

func (c *caller) ask(t *testing.T, target string) int64 {
	t.Helper()
	_, err := io.WriteString(c, request(target))
	require.NoError(t, err)
	return c.read(t)
}

// TestShapes: connections of every shape are counted like the plain ones.
func TestShapes(t *testing.T) {
	tests := map[string]struct {
		// before runs before the collector starts, and may leave connections.
		before func(t *testing.T, address string) []*caller
		// during sends requests and returns how many.
		during func(t *testing.T, address string, left []*caller) int
	}{
		"one request a connection": {
			during: func(t *testing.T, address string, _ []*caller) int {
				for range 500 {
					c := dial(t, address)
					c.ask(t, "/ok")
					require.NoError(t, c.Close())
				}
				return 500
			},
		},
		"a request in single bytes": {
			during: func(t *testing.T, address string, _ []*caller) int {
				c := dial(t, address)
				for range 20 {
					for _, b := range []byte(request("/ok")) {
						_, err := c.Write([]byte{b})
						require.NoError(t, err)
						time.Sleep(50 * time.Microsecond) // so that the server may read them one by one
					}
					c.read(t)
				}
				return 20
			},
		},
		"responses of 10 MB": {
			during: func(t *testing.T, address string, _ []*caller) int {
				c := dial(t, address)
				for range 20 {
					require.EqualValues(t, 10<<20, c.ask(t, fmt.Sprintf("/big?bytes=%d", 10<<20)))
				}
				return 20
			},
		},
		"a client that closes its side after asking": {
			during: func(t *testing.T, address string, _ []*caller) int {
				for range 100 {
					c := dial(t, address)
					_, err := io.WriteString(c, request("/slow?ms=5"))
					require.NoError(t, err)
					require.NoError(t, c.Conn.(*net.TCPConn).CloseWrite())
					_, err = io.Copy(io.Discard, c)
					require.NoError(t, err)
				}
				return 100
			},
		},
		"connections older than the collector": {
			before: func(t *testing.T, address string) []*caller {
				var callers []*caller
				for range 50 {
					c := dial(t, address)
					c.ask(t, "/ok")
					callers = append(callers, c)
				}
				return callers
			},
			during: func(t *testing.T, _ string, callers []*caller) int {
				for range 20 {
					for _, c := range callers {
						c.ask(t, "/ok")
					}
				}
				return 20 * len(callers)
			},
		},
		"2,000 connections at once": {
			during: func(t *testing.T, address string, _ []*caller) int {
				var callers []*caller
				for range 2000 {
					c := dial(t, address)
					_, err := io.WriteString(c, request("/slow?ms=100"))
					require.NoError(t, err)
					callers = append(callers, c)
				}
				for _, c := range callers {
					c.read(t)
				}
				return len(callers)
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			live(t)
			service := serviceName("shapes")
			server := startGoServer(t, service)
			var left []*caller
			if tt.before != nil {
				left = tt.before(t, server.Address)
			}
			earlier := server.Counts(t)
			b := startBed(t, bedOptions{})
			sent := tt.during(t, server.Address, left)
			b.waitBudget(t, service, "http_availability", uint64(sent), 20*time.Second)
			b.Terminate(t)
			counted := server.Counts(t)
			y := b.tallies(t)[service]
			require.NotNil(t, y)
			// to net/http a client that closed its side has left; these read what it sent them all the same
			handled := counted.Total(100, 599) + counted.Abandoned["/slow"] - earlier.Total(100, 599)
			assert.EqualValues(t, sent, handled)
			assert.EqualValues(t, sent, y.server())
			assert.EqualValues(t, sent, y.total("server 2xx"))
		})
	}
}
